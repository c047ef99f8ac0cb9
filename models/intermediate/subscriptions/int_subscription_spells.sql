{#- The times in which a subscription made somebody a customer. -#}
with states as (
    select
        *,
        max(case when is_active and not was_active then valid_from end) over (
            partition by subscription_id order by valid_from rows unbounded preceding
        ) as became_active_at
    from {{ ref("int_subscription_states") }}
)

select
    subscription_id,
    customer_id,
    became_active_at as began_at,
    min(case when not is_active then valid_from end) as ended_at
from states
where became_active_at is not null
group by subscription_id, customer_id, became_active_at
