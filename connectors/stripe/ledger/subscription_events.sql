-- One item of a subscription is one subscription here; its MRR is the ledger's. What the ledger leaves out, the trial
-- before and the asking for an end, the subscription says.
with items as (
    select
        subscription_item_id as item_id,
        max(subscription_id) as subscription_id,
        max(customer_id) as customer_id,
        min(moment) as first_at,
        max(moment) as last_at
    from changes
    group by subscription_item_id
    union all by name
    -- a trial that came to nothing is in no ledger
    select listed.id as item_id, listed.subscription_id, subscriptions.customer_id
    from used.subscription_items as listed
    inner join used.subscriptions as subscriptions on listed.subscription_id = subscriptions.id
    where listed.id not in (select subscription_item_id from changes) and subscriptions.trial_start is not null
),

of_ledger as (
    select
        changes.subscription_item_id as item_id,
        changes.subscription_id,
        changes.customer_id,
        case
            when changes.place = 1 and changes.nth = 1 then 'started'
            when changes.place = 1 then 'reactivated'
            when changes.place = 3 then 'cancelled'
            else 'changed'
        end as event_type,
        changes.moment,
        case when changes.place < 3 then coalesce(changes.product_id, changes.price_id) end as plan_id,
        case when changes.place < 3 then greatest(as_money(changes.mrr, changes.currency), 0) end as amount,
        upper(changes.currency) as currency,
        case when changes.place < 3 then changes.quantity end as quantity,
        endings.reason_code,
        endings.reason_text,
        endings.cancelled_by
    from changes
    -- an item that ended before its subscription was taken out of it, for which nobody gave a reason
    left join endings
        on
            changes.subscription_id = endings.subscription_id
            and changes.place = 3
            and changes.nth_from_last = 1
            and (endings.ended_at is null or changes.moment >= endings.ended_at - interval 1 day)
),

of_subscriptions as (
    select items.*, 'trial_started' as event_type, as_time(subscriptions.trial_start) as moment
    from items
    inner join used.subscriptions as subscriptions on items.subscription_id = subscriptions.id
    where items.first_at is null or as_time(subscriptions.trial_start) < items.first_at
    union all by name
    select
        items.*,
        'expired' as event_type,
        least(as_time(subscriptions.ended_at), as_time(subscriptions.trial_end)) as moment,
        endings.reason_code,
        endings.reason_text,
        endings.cancelled_by
    from items
    inner join used.subscriptions as subscriptions on items.subscription_id = subscriptions.id
    left join endings on items.subscription_id = endings.subscription_id
    where items.first_at is null and lower(subscriptions.status) in ('canceled', 'paused')
    union all by name
    select items.*, 'cancel_requested' as event_type, as_time(subscriptions.canceled_at) as moment
    from items
    inner join used.subscriptions as subscriptions on items.subscription_id = subscriptions.id
    where
        as_time(subscriptions.canceled_at) < coalesce(as_time(subscriptions.ended_at), timestamp 'infinity')
        and (
            subscriptions.ended_at is not null
            or as_yes(coalesce(subscriptions.cancel_at_period_end, 'false'))
            or subscriptions.cancel_at is not null
        )
    union all by name
    select items.*, payments.event_type, payments.moment, payments.decline_reason as reason_code
    from items
    inner join payments on items.subscription_id = payments.subscription_id
    where payments.moment >= items.first_at
),

every as (
    select * from of_ledger
    union all by name
    select * exclude (first_at, last_at) from of_subscriptions where moment is not null
)

select
    concat_ws('/', item_id, epoch_ms(moment), event_type) as event_id,
    customer_id,
    subscription_id || '/' || item_id as subscription_id,
    event_type,
    moment as occurred_at,
    plan_id,
    amount,
    currency,
    case when amount is not null then 'month' end as billing_interval,
    quantity,
    reason_code,
    reason_text,
    cancelled_by
from every
