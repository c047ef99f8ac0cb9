{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="subscription_id", meta={"touched": "int_touched_subscriptions"}) }}

{#- where free plans make no customers, one that goes from a paid plan to a free one is lost -#}
{%- set free_is_an_end = not var("free_plans_are_customers") -%}
{%- set ends = "(event_type in ('cancelled', 'expired') or mrr_given = 0)" if free_is_an_end else "event_type in ('cancelled', 'expired')" -%}

{#- One row per end of an active subscription, with what is known of its cause: the ending event's own words, else those
    of the open cancel request, and since when a payment failure was open. Only these few kinds of events are sorted. -#}
with causes as (
    select
        *,
        max(case when event_type = 'cancel_requested' then event_number end) over since_start as request_number,
        sum(case when event_type = 'payment_recovered' then 1 else 0 end) over since_start as recoveries
    from {{ ref("int_subscription_events_counted") }}
    where
        has_effect
        and (event_type in ('payment_failed', 'payment_recovered', 'cancel_requested') or {{ ends }})
        and {{ is_touched("subscription_id", ref("int_touched_subscriptions")) }}
    window since_start as (partition by subscription_id, last_start order by event_number rows unbounded preceding)
),

failures as (
    select
        *,
        {%- if free_is_an_end %}
        max(case when {{ ends }} then event_number end) over (partition by subscription_id, occurred_at) as last_end_of_instant,
        {%- endif %}
        min(case when event_type = 'payment_failed' then occurred_at end) over (
            partition by subscription_id, last_start, recoveries
            order by event_number rows unbounded preceding
        ) as payment_failed_at
    from causes
),

ends as (
    -- active before the instant, not only before the event: what started and ended at one instant never was there
    select
        failures.*,
        states.previous_plan_id as plan_before,
        states.previous_event_product_id as event_product_before,
        states.previous_mrr as mrr_before,
        -- one that started again in between ended twice at the instant
        row_number() over (
            partition by failures.subscription_id, failures.occurred_at order by failures.event_number desc
        ) as place
    from failures
    inner join {{ ref("int_subscription_states") }} as states
        on
            failures.subscription_id = states.subscription_id
            and failures.occurred_at = states.valid_from
            and states.was_active
            and not states.is_active
    where {{ "failures.event_number = failures.last_end_of_instant" if free_is_an_end else "failures." ~ ends }}
)

select
    ends.subscription_id,
    ends.customer_id,
    ends.occurred_at as ended_at,
    ends.plan_before,
    ends.event_product_before,
    ends.mrr_before,
    ends.payment_failed_at,
    ends.request_number is not null as has_open_cancel_request,
    requests.occurred_at as cancel_requested_at,
    coalesce(ends.reason_code, requests.reason_code) as reason_code,
    coalesce(ends.cancelled_by, requests.cancelled_by) as cancelled_by
from ends
left join failures as requests
    on ends.subscription_id = requests.subscription_id and ends.request_number = requests.event_number
where ends.place = 1
