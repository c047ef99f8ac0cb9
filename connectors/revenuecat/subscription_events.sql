with before as (
    select
        *,
        lag(goes_on, 1, false) over in_time as went_on,
        lag(is_trial, 1, false) over in_time as was_trial,
        lag(would_end) over in_time - gap as changes_before,
        lag(product_identifier) over in_time as product_before,
        coalesce(bool_or(not is_trial) over (in_time rows between unbounded preceding and 1 preceding), false) as was_paid,
        case
            when as_time(refunded_at) <= until then 'refunded'
            when failed is not null then 'payment_failed'
            when unsubscribed is not null then 'unsubscribed'
            else 'not_renewed'
        end as cause
    from terms
    window in_time as (partition by subscription order by begins, store_transaction_id)
),

-- what an earlier export said and a later one no longer does was taken back between the two
versions as (
    select
        store_transaction_id,
        unnest(['cancel_requested', 'payment_failed']) as event_type,
        unnest(['renewed', 'payment_recovered']) as taken_back,
        unnest([as_time(unsubscribe_detected_at), as_time(billing_issues_detected_at)]) as said_at,
        as_time(synced_at) as seen_at
    from rows.transactions
    where coalesce(set_aside, 'sent twice') = 'sent twice'
),

next_versions as (
    select
        *,
        lead(seen_at) over in_time as next_seen_at,
        lead(said_at) over in_time as next_said_at
    from versions
    window in_time as (partition by store_transaction_id, event_type order by seen_at)
),

events as (
    select
        *,
        begins as occurred_at,
        case
            when is_trial and not went_on then 'trial_started'
            when is_trial and was_trial then null
            when not was_paid then 'started'
            when not went_on or was_trial then 'reactivated'
            when product_identifier <> product_before and begins < changes_before then 'changed'
            else 'renewed'
        end as event_type,
        true as is_priced
    from before
    union all by name
    -- found out when the term was over is: at its end
    select *, least(failed, until) as occurred_at, 'payment_failed' as event_type
    from before
    where not is_trial and failed < coalesce(next_begins, timestamp 'infinity')
    union all by name
    select *, least(unsubscribed, until) as occurred_at, 'cancel_requested' as event_type
    from before
    where unsubscribed < coalesce(next_begins, timestamp 'infinity')
    union all by name
    select before.*, moments.* from before
    inner join next_versions using (store_transaction_id)
    cross join lateral (values (said_at, next_versions.event_type), (next_seen_at, taken_back)) as moments (occurred_at, event_type)
    where said_at is not null and next_said_at is null and next_seen_at < until
    union all by name
    select *, until as occurred_at, 'paused' as event_type
    from before
    where held_until > until and not is_trial and coalesce(next_begins > until, last_load >= until)
    union all by name
    select before.*, held_until as occurred_at, ends.event_type, ends.reason_code, ends.cancelled_by
    from before
    inner join ends on ends.cause = before.cause
    where is_over
)

select
    concat_ws('/', store_transaction_id, event_type, epoch_ms(occurred_at)) as event_id,
    customer_id,
    subscription as subscription_id,
    event_type,
    occurred_at,
    case when is_priced then product_identifier end as plan_id,
    case when is_priced and event_type <> 'trial_started' then case when is_trial then 0 else amount end end as amount,
    case when is_priced then upper(currency) end as currency,
    case when is_priced then billing_interval end as billing_interval,
    case when is_priced then billing_interval_count end as billing_interval_count,
    reason_code,
    cancelled_by
from events
where event_type is not null and occurred_at is not null
