-- The open stage of fct_lifecycle_stages says of a customer what dim_customers.current_status does.
-- When it fails: the rows returned are the customers of whom they say different things, and what.
with todays as (
    select
        customers.customer_id,
        customers.current_status,
        stages.stage
    from {{ ref("dim_customers") }} as customers
    left join {{ ref("fct_lifecycle_stages") }} as stages
        on customers.customer_id = stages.customer_id and stages.left_on is null
)

select *
from todays
where
    case current_status
        -- past due is a live subscription that was not paid; of several, another one may be paused and not paid
        when 'active' then coalesce(stage, '') not in ('onboarding', 'established', 'returned', 'past_due')
        when 'past_due' then coalesce(stage, '') <> 'past_due'
        when 'paused' then coalesce(stage, '') <> 'paused'
        when 'trialing' then coalesce(stage, '') <> 'trial'
        when 'churned' then coalesce(stage, '') <> 'lost'
        else coalesce(stage, 'prospect') not in ('prospect', 'lost')
    end
