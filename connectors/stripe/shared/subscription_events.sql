-- What changed from one moment of an item to the next. One item of a subscription is one subscription here.
with steps as (
    select
        *,
        lag(phase, 1, 'none') over item_so_far as phase_before,
        lag(is_paused, 1, false) over item_so_far as was_paused,
        lag(is_past_due, 1, false) over item_so_far as was_past_due,
        coalesce(bool_or(phase = 'live') over (item_so_far rows between unbounded preceding and 1 preceding), false)
            as was_live,
        struct_pack(amount, plan_id, quantity, currency, billing_interval, billing_interval_count)
        is distinct from lag(
            struct_pack(amount, plan_id, quantity, currency, billing_interval, billing_interval_count)
        ) over item_so_far as is_other
    from item_states
    window item_so_far as (partition by item_id order by moment)
),

of_states as (
    select
        *,
        case
            when phase = 'trial' and phase_before in ('none', 'ended') then 'trial_started'
            when phase = 'live' and phase_before <> 'live' then if(was_live, 'reactivated', 'started')
            when phase = 'ended' and phase_before = 'live' then 'cancelled'
            when phase = 'ended' and phase_before = 'trial' then 'expired'
            when phase = phase_before and phase <> 'ended' and is_other then 'changed'
        end as event_type
    from steps
    union all by name
    select *, if(is_paused, 'paused', 'resumed') as event_type
    from steps
    where phase = 'live' and is_paused <> was_paused and (is_paused or phase_before = 'live')
    union all by name
    -- charges and invoices say it better, where they are there
    select *, if(is_past_due, 'payment_failed', 'payment_recovered') as event_type
    from steps
    where
        phase = 'live'
        and is_past_due <> was_past_due
        and subscription_id not in (select subscription_id from payments)
),

of_subscriptions as (
    select subscription_id, event_type, moment from cancel_requests
    union by name
    -- two invoices that fail at one moment are one failure
    select subscription_id, event_type, moment, min(decline_reason) as decline_reason
    from payments
    group by subscription_id, event_type, moment
),

-- of those items that were there at that moment
of_items as (
    select
        item_states.item_id, item_states.subscription_id, item_states.customer_id, events.event_type, events.moment,
        events.decline_reason
    from of_subscriptions as events
    inner join (select distinct item_id, subscription_id from item_states) as each_item
        on events.subscription_id = each_item.subscription_id
    asof inner join item_states on each_item.item_id = item_states.item_id and events.moment >= item_states.moment
    where item_states.phase <> 'ended' and (item_states.phase = 'live' or events.event_type = 'cancel_requested')
),

every as (
    select * from of_states where event_type is not null
    union all by name
    select * from of_items
)

select
    concat_ws('/', every.item_id, epoch_ms(every.moment), every.event_type) as event_id,
    every.customer_id,
    concat_ws('/', every.subscription_id, nullif(every.item_id, every.subscription_id)) as subscription_id,
    every.event_type,
    every.moment as occurred_at,
    case when is_priced then every.plan_id end as plan_id,
    case when is_priced then as_money(every.amount, every.currency) end as amount,
    case when is_priced then every.currency end as currency,
    case when is_priced then every.billing_interval end as billing_interval,
    case when is_priced then every.billing_interval_count end as billing_interval_count,
    case when is_priced then every.quantity end as quantity,
    case
        when is_end then coalesce(feedbacks.reason_code, reasons.reason_code, if(every.is_unpaid, 'payment_failure', null))
        else every.decline_reason
    end as reason_code,
    case when is_end then every.comment end as reason_text,
    case when is_end then coalesce(reasons.cancelled_by, feedbacks.cancelled_by, if(every.is_unpaid, 'system', null)) end
        as cancelled_by
from (
    select
        *,
        event_type in ('trial_started', 'started', 'reactivated', 'changed') as is_priced,
        event_type in ('cancelled', 'expired') and not is_removed as is_end
    from every
) as every
left join cancellation_reasons as feedbacks on lower(every.feedback) = feedbacks.stripe_code
left join cancellation_reasons as reasons on lower(every.reason) = reasons.stripe_code
