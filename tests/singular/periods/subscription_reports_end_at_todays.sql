-- What: the last period ends with the active subscriptions of int_subscription_states, which does not go through the periods,
--       and no customer is lost without a subscription.
-- When it fails: int_subscription_net_changes lost or doubled a change of the grain returned.
with now as (
    select count(*) as subscriptions
    from {{ ref("int_subscription_states") }}
    where is_active and valid_to is null
),

rates as (
    select
        subscriptions.period_grain,
        subscriptions.period_start,
        subscriptions.is_complete_period,
        subscriptions.subscriptions_end,
        subscriptions.subscriptions_churned,
        customers.customers_churned
    from {{ ref("rpt_subscription_churn_rates") }} as subscriptions
    inner join {{ ref("rpt_churn_rates") }} as customers
        on
            subscriptions.period_grain = customers.period_grain
            and subscriptions.period_start = customers.period_start
            and subscriptions.segment_type = customers.segment_type
    where subscriptions.segment_type = 'all'
)

select rates.*
from rates
cross join now
where
    (not rates.is_complete_period and rates.subscriptions_end <> now.subscriptions)
    or rates.customers_churned > rates.subscriptions_churned
