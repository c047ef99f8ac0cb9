{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="subscription_id", meta={"touched": "int_touched_subscriptions"}) }}

{#-
    The state machine, one row per event, without a loop: an event only counts by its kind, and the state follows from
    which kind came last. Starts and ends are unconditional, so
        active     the last start is later than the last end
        paused     active, and since that start the last pause is later than the last resume
        trialing   not active, and the last trial start is later than the last end
        none       before any start or trial; else ended
    The state before an event says whether it has an effect.
-#}
{%- set kinds = {
    "start": "event_type in ('started', 'reactivated', 'renewed')",
    "end": "event_type in ('cancelled', 'expired')",
    "trial": "event_type = 'trial_started'",
    "pause": "event_type = 'paused'",
    "resume": "event_type = 'resumed'",
} -%}

with last_of_kind_before as (
    select
        *,
        {%- for kind, condition in kinds.items() %}
        coalesce(max(case when {{ condition }} then event_number end) over before_here, 0) as last_{{ kind }}_before,
        {%- endfor %}
        -- a subscription belongs to whom it belonged to first
        first_value(customer_id) over from_first as first_customer_id
    from {{ ref("int_subscription_events_priced") }}
    window
        before_here as (
            partition by subscription_id order by event_number rows between unbounded preceding and 1 preceding
        ),
        from_first as (partition by subscription_id order by event_number rows unbounded preceding)
),

last_of_kind as (
    select
        {%- for kind, condition in kinds.items() %}
        case when {{ condition }} then event_number else last_{{ kind }}_before end as last_{{ kind }}_after,
        {%- endfor %}
        *
    from last_of_kind_before
),

states as (
    select
        {%- for side in ["before", "after"] %}
        case
            when
                last_start_{{ side }} > last_end_{{ side }}
                and last_pause_{{ side }} > last_start_{{ side }}
                and last_pause_{{ side }} > last_resume_{{ side }}
                then 'paused'
            when last_start_{{ side }} > last_end_{{ side }} then 'live'
            when last_trial_{{ side }} > last_end_{{ side }} then 'trialing'
            when last_start_{{ side }} = 0 and last_trial_{{ side }} = 0 then 'none'
            else 'ended'
        end as state_{{ side }},
        {%- endfor %}
        *
    from last_of_kind
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
    from states
)

select
    subscription_id,
    event_number,
    event_id,
    event_type,
    occurred_at,
    first_customer_id as customer_id,
    state_before,
    state_after,
    -- what an open payment failure and an open cancel request are forgotten at
    last_start_after as last_start,
    has_effect,
    case when has_effect then plan_given end as plan_given,
    case when has_effect then product_given end as product_given,
    case when has_effect then mrr_given end as mrr_given,
    case when has_effect then quantity_given end as quantity_given,
    reason_code,
    cancelled_by
from effects
-- replace_touched reads it: depends_on: {{ ref("int_touched_subscriptions") }}
