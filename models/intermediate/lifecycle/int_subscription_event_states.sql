{#-
    The state machine, one row per event, without a loop: an event only counts by its kind, and the state after it
    follows from which kind came last. Starts and ends are unconditional, so
        active     the last start is later than the last end
        paused     active, and since that start the last pause is later than the last resume
        trialing   not active, and the last trial start is later than the last end
        ended      none of these, after a start or a trial; else none
    The state before an event is the state after the one before it, and says whether the event has an effect.
-#}
with last_of_kind as (
    select
        *,
        coalesce(max(case when event_type in ('started', 'reactivated', 'renewed') then event_number end) over until_here, 0)
            as last_start,
        coalesce(max(case when event_type in ('cancelled', 'expired') then event_number end) over until_here, 0) as last_end,
        coalesce(max(case when event_type = 'trial_started' then event_number end) over until_here, 0) as last_trial,
        coalesce(max(case when event_type = 'paused' then event_number end) over until_here, 0) as last_pause,
        coalesce(max(case when event_type = 'resumed' then event_number end) over until_here, 0) as last_resume,
        first_value(customer_id) over until_here as first_customer_id
    from {{ ref("int_subscription_events_thinned") }}
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

states as (
    select
        *,
        case
            when last_start > last_end
                then case when last_pause > last_start and last_pause > last_resume then 'paused' else 'live' end
            when last_trial > last_end then 'trialing'
            when last_end > 0 and (last_start > 0 or last_trial > 0) then 'ended'
            else 'none'
        end as state_after
    from last_of_kind
),

changes as (
    select
        *,
        coalesce(lag(state_after) over (partition by subscription_id order by event_number), 'none') as state_before
    from states
),

effects as (
    select
        *,
        case
            when event_type in ('started', 'reactivated', 'renewed') then true
            when event_type = 'trial_started' then state_before in ('none', 'ended')
            when event_type = 'resumed' then state_before = 'paused'
            when event_type = 'paused' then state_before = 'live'
            when event_type in ('payment_failed', 'payment_recovered') then state_before in ('live', 'paused')
            else state_before in ('trialing', 'live', 'paused')
        end as has_effect
    from changes
)

select
    subscription_id,
    event_number,
    event_id,
    event_type,
    occurred_at,
    -- a subscription belongs to whom it belonged to first
    first_customer_id as customer_id,
    state_before,
    state_after,
    -- what an open payment failure and an open cancel request are forgotten at
    last_start,
    has_effect,
    case when has_effect then plan_given end as plan_given,
    case when has_effect then mrr_given end as mrr_given
from effects
