-- The open stage of fct_lifecycle_stages says of a customer what dim_customers.current_status does. Stages are of a day's
-- end, so one that came and went within a day, and never was there at the end of one, is a prospect.
-- When it fails: the rows returned are the customers of whom they say different things, and what.
with seen as (
    select customer_id
    from {{ ref("int_customer_days") }}
    where is_customer
    group by customer_id
),

todays as (
    select
        customers.customer_id,
        customers.current_status,
        stages.stage,
        seen.customer_id is not null as was_there
    from {{ ref("dim_customers") }} as customers
    left join {{ ref("fct_lifecycle_stages") }} as stages
        on customers.customer_id = stages.customer_id and stages.left_on is null
    left join seen
        on customers.customer_id = seen.customer_id
)

select *
from todays
where
    case current_status
        -- past due is a live subscription that was not paid; of several, another one may be paused and not paid
        when 'active' then coalesce(stage, '') not in ('onboarding', 'established', 'renewal', 'returned', 'past_due')
        when 'past_due' then coalesce(stage, '') <> 'past_due'
        when 'paused' then coalesce(stage, '') <> 'paused'
        when 'trialing' then coalesce(stage, '') <> 'trial'
        when 'churned' then coalesce(stage, '') <> case when was_there then 'lost' else 'prospect' end
        else coalesce(stage, 'prospect') not in ('prospect', 'lost')
    end
