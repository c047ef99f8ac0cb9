with events as (
    select *, 'trial_started' as event_type, tried_at as occurred_at, true as is_priced from standing
    union all by name
    select *, 'started' as event_type, begins as occurred_at, true as is_priced from standing
    union all by name
    select *, 'payment_failed' as event_type, greatest(as_time(due_since), begins) as occurred_at
    from standing
    where
        begins is not null and state in ('active', 'non_renewing')
        and try_cast(due_invoices as integer) > 0 and as_time(due_since) is not null
    union all by name
    select *, 'paused' as event_type, coalesce(as_time(pause_date), as_time(updated_at)) as occurred_at
    from standing where state = 'paused' and begins is not null
    union all by name
    select *, 'cancel_requested' as event_type, as_time(asked_at) as occurred_at
    from standing where state in ('non_renewing', 'cancelled')
    union all by name
    select
        standing.*,
        case when begins is null then 'expired' else 'cancelled' end as event_type,
        ended_at as occurred_at,
        coalesce(reasons.reason_code, lower(standing.cancel_reason_code)) as reason_code,
        -- only what Chargebee ends by itself has a cancel_reason
        coalesce(reasons.cancelled_by, case when standing.cancel_reason is null then 'customer' end) as cancelled_by
    from standing
    left join reasons on reasons.chargebee_code = lower(standing.cancel_reason)
)

select
    concat_ws('/', id, event_type) as event_id,
    customer_id,
    id as subscription_id,
    event_type,
    occurred_at,
    case when is_priced then plan_id end as plan_id,
    case when is_priced then amount end as amount,
    case when is_priced then upper(currency) end as currency,
    case when is_priced then case when has_mrr then 'month' else lower(billing_period_unit) end end as billing_interval,
    case when is_priced then case when has_mrr then 1 else try_cast(billing_period as integer) end end as billing_interval_count,
    case when is_priced then quantity end as quantity,
    reason_code,
    cancelled_by
from events
where occurred_at is not null
