{#- The times in which somebody was a customer, and when it came back after each. -#}
select
    customer_id,
    became_customer_at as began_at,
    max(case when not is_active then changed_at end) as ended_at,
    max(case when not is_active then next_changed_at end) as returned_at
from {{ ref("int_customer_changes") }}
where became_customer_at is not null
group by customer_id, became_customer_at
