{#- Whose changes an increment recomputes: the customers that the touched subscriptions belong to, now or before. -#}
select previous_customer_id as customer_id
from {{ ref("int_touched_subscriptions") }}
where previous_customer_id is not null
union
select states.customer_id
from {{ ref("int_subscription_states") }} as states
inner join {{ ref("int_touched_subscriptions") }} as touched
    on states.subscription_id = touched.subscription_id
