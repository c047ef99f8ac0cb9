{#- One row per request to end later: from the first since the last start to the start, renewal or end that settles it. -#}
with requesting_subscriptions as (
    select distinct subscription_id
    from {{ ref("int_subscription_events_counted") }}
    where event_type = 'cancel_requested' and has_effect
),

steps as (
    select
        events.subscription_id,
        events.customer_id,
        events.event_number,
        events.occurred_at,
        events.event_type = 'cancel_requested' as is_request
    from {{ ref("int_subscription_events_counted") }} as events
    inner join requesting_subscriptions
        on events.subscription_id = requesting_subscriptions.subscription_id
    where
        events.has_effect
        and events.event_type in ('cancel_requested', 'started', 'reactivated', 'renewed', 'cancelled', 'expired')
),

attempts as (
    select
        *,
        lag(is_request) over (partition by subscription_id order by event_number) as was_request
    from steps
),

turns as (
    -- who asks again while a request is open has asked already
    select
        *,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_occurred_at
    from attempts
    where not is_request or was_request is distinct from true
)

select
    subscription_id,
    customer_id,
    event_number as request_number,
    occurred_at as requested_at,
    next_occurred_at as settled_at
from turns
where is_request
