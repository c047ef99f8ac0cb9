-- What: the last period of a product ends with the active subscriptions, their customers and MRR that int_subscription_states
--       says now, which does not go through the periods.
-- When it fails: a change of the product returned was lost or doubled on its way into the periods.
with now as (
    select
        {{ segment_value("coalesce(states.event_product_id, plans.product_id)") }} as product_id,
        count(*) as subscriptions,
        count(distinct states.customer_id) as customers,
        sum(states.mrr) as mrr
    from {{ ref("int_subscription_states") }} as states
    left join {{ ref("dim_plans") }} as plans
        on states.plan_id = plans.plan_id
    where states.is_active and states.valid_to is null
    group by {{ segment_value("coalesce(states.event_product_id, plans.product_id)") }}
),

ends as (
    select
        product_id,
        period_grain,
        subscriptions_end,
        customers_end,
        mrr_end
    from {{ ref("rpt_product_movements") }}
    where not is_complete_period
)

select
    ends.*,
    now.subscriptions,
    now.customers,
    now.mrr
from ends
left join now
    on ends.product_id = now.product_id
where
    ends.subscriptions_end <> coalesce(now.subscriptions, 0)
    or ends.customers_end <> coalesce(now.customers, 0)
    or ends.mrr_end <> coalesce(now.mrr, 0)
