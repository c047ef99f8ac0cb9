-- What the dates of a subscription say of the time until its version was loaded.
with dated as (
    select
        id as subscription_id,
        customer_id,
        lower(status) as status,
        as_time(coalesce(trial_start, start_date, created)) as trial_starts,
        as_time(trial_end) as trial_ends,
        as_time(coalesce(trial_end, start_date, created)) as starts,
        as_time(current_period_start) as period_starts,
        as_time(ended_at) as ended,
        as_time(canceled_at) as canceled,
        pause is not null as is_paused,
        as_yes(coalesce(cancel_at_period_end, 'false')) or cancel_at is not null as is_to_end,
        reason,
        feedback,
        comment
    from first_versions
),

named as (
    select
        *,
        -- asked for before it ended, or not ended yet
        case when canceled < ended or (ended is null and is_to_end) then canceled end as cancel_requested_at
    from dated
),

stages as (
    select *, trial_starts as moment, 'trialing' as state, false as is_paused_now, 1 as place
    from named
    where trial_ends is not null and trial_starts < trial_ends
    union all
    -- a trial that ended with its subscription was never paid for
    select *, starts, 'active', false, 2
    from named
    where status not in ('trialing', 'paused') and (status <> 'canceled' or starts < coalesce(ended, canceled))
    union all
    select *, coalesce(ended, canceled, period_starts), 'canceled', false, 4 from named where status = 'canceled'
    union all
    -- nobody says when: the payment of this period did not come
    select *, greatest(period_starts, starts), status, false, 4 from named where status in ('past_due', 'unpaid')
    union all
    select *, starts, 'paused', false, 4 from named where status = 'paused'
    union all
    select *, greatest(period_starts, starts), status, true, 5
    from named
    where is_paused and status in ('active', 'past_due')
)

select
    subscription_id,
    customer_id,
    moment,
    place,
    state as status,
    is_paused_now as is_paused,
    cancel_requested_at,
    case when state = status then reason end as reason,
    case when state = status then feedback end as feedback,
    case when state = status then comment end as comment
from stages
where moment is not null
