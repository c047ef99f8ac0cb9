-- Each subscription with the moments that it names, and what it costs: Chargebee's own MRR while it goes on (of one that
-- ended it is 0), else its plan and addons before discounts.
with items as (
    select
        id,
        sum(cast(item ->> 'amount' as decimal(30, 6))) filter (lower(item ->> 'item_type') <> 'charge') as amount,
        min(item ->> 'item_price_id') filter (lower(item ->> 'item_type') = 'plan') as plan_id,
        min(try_cast(item ->> 'quantity' as decimal(18, 2))) filter (lower(item ->> 'item_type') = 'plan') as quantity
    from (select id, unnest(cast(items as json[])) as item from used.subscriptions where json_valid(items))
    group by id
)

select
    subscriptions.* exclude (plan_id, status),
    lower(subscriptions.status) as state,
    coalesce(items.plan_id, subscriptions.plan_id) as plan_id,
    coalesce(items.quantity, try_cast(subscriptions.plan_quantity as decimal(18, 2))) as quantity,
    state <> 'cancelled' and subscriptions.mrr is not null as has_mrr,
    as_money(
        case when has_mrr then subscriptions.mrr else coalesce(cast(items.amount as varchar), plan_amount) end,
        subscriptions.currency
    ) as amount,
    as_time(trial_start) as tried_at,
    case when state = 'cancelled' then as_time(cancelled_at) end as ended_at,
    -- a trial that ended before its time is over, or did not end yet, was never paid for
    coalesce(
        case when tried_at is not null then coalesce(as_time(trial_end), as_time(activated_at)) end,
        as_time(started_at),
        as_time(created_at)
    ) as would_begin,
    case when state <> 'in_trial' and coalesce(ended_at > would_begin, true) then would_begin end as begins
from used.subscriptions as subscriptions
left join items on items.id = subscriptions.id
