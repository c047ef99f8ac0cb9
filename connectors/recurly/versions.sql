-- What each version of a subscription says it costs, and how it was before.
select
    subscriptions.*,
    coalesce(accounts.code, subscriptions.account_id) as customer_id,
    lower(subscriptions.state) as state_now,
    as_time(subscriptions.updated_at) as seen_at,
    coalesce(
        as_number(subtotal), as_number(unit_amount) * coalesce(as_number(quantity), 1) + coalesce(as_number(add_ons_total), 0)
    ) as amount,
    units.billing_interval,
    try_cast(plans.interval_length as integer) as billing_interval_count,
    row(amount, plan_id, quantity, currency)
    is distinct from lag(row(amount, plan_id, quantity, currency)) over in_time as is_other,
    lag(state_now) over in_time as state_before,
    lead(seen_at) over in_time as next_seen_at
from used.subscriptions as subscriptions
left join used.accounts as accounts on accounts.id = subscriptions.account_id
left join used.plans as plans on plans.id = subscriptions.plan_id
left join units on units.unit = lower(plans.interval_unit)
window in_time as (partition by subscriptions.id order by as_time(subscriptions.updated_at))
