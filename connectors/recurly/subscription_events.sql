with events as (
    -- the terms of a start are those of the newest version before it, else of the first
    select versions.*, starts.event_type, starts.occurred_at, true as is_priced
    from versions
    inner join standing using (id)
    cross join lateral (values ('trial_started', tried_at), ('started', begins)) as starts (event_type, occurred_at)
    where coalesce(next_seen_at > occurred_at, true) and (seen_at <= occurred_at or state_before is null)
    union all by name
    select versions.*, 'changed' as event_type, seen_at as occurred_at, true as is_priced
    from versions
    inner join standing using (id)
    where is_other and state_before is not null and seen_at > coalesce(tried_at, begins) and coalesce(seen_at < ended_at, true)
    union all by name
    select distinct on (versions.id, canceled_at) versions.*, 'cancel_requested' as event_type, as_time(canceled_at) as occurred_at
    from versions
    inner join standing using (id)
    where state_now in ('canceled', 'expired') and coalesce(as_time(canceled_at) < ended_at, true)
    union all by name
    select
        *,
        case when state_now = 'paused' then 'paused' when state_before = 'paused' then 'resumed' else 'renewed' end as event_type,
        case when state_now = 'paused' then coalesce(as_time(paused_at), seen_at) else seen_at end as occurred_at
    from versions
    where
        (state_now = 'paused' and state_before is distinct from 'paused')
        or (state_now = 'active' and state_before in ('paused', 'canceled'))
    union all by name
    select versions.*, coalesce(reasons.event_type, 'expired') as event_type, ended_at as occurred_at, reason_code, cancelled_by
    from versions
    inner join standing using (id)
    left join reasons on reasons.recurly_reason = lower(versions.expiration_reason)
    where next_seen_at is null
)

select
    concat_ws('/', id, event_type, epoch_ms(occurred_at)) as event_id,
    customer_id,
    id as subscription_id,
    event_type,
    occurred_at,
    case when is_priced then plan_id end as plan_id,
    case when is_priced then amount end as amount,
    case when is_priced then upper(currency) end as currency,
    case when is_priced then billing_interval end as billing_interval,
    case when is_priced then billing_interval_count end as billing_interval_count,
    case when is_priced then as_number(quantity) end as quantity,
    reason_code,
    cancelled_by
from events
where occurred_at is not null
