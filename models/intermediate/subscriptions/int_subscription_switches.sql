{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="subscription_id", meta={"touched": "int_touched_subscriptions"}) }}

{#- The ends that count later: those that a start of the same customer followed within `switch_grace_minutes`. -#}
{%- set grace = var("switch_grace_minutes") | int -%}

with terms as (
    select
        subscription_id,
        customer_id,
        occurred_at,
        state_after,
        {{ last_given("mrr_given", "event_number", "decimal(38, 6)") }} as full_mrr,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_occurred_at
    from {{ ref("int_subscription_event_states") }}
    where
        {{ grace }} > 0
        and {{ is_touched("subscription_id", ref("int_touched_subscriptions")) }}
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

instants as (
    select
        subscription_id,
        customer_id,
        occurred_at,
        {{ makes_customer("state_after", "full_mrr") }} as is_active
    from terms
    where next_occurred_at is null or next_occurred_at > occurred_at
),

neighbours as (
    select
        *,
        coalesce(lag(is_active) over (partition by subscription_id order by occurred_at), false) as was_active
    from instants
),

turns as (
    -- a start at the instant of the end is the next one: nothing is to be waited for
    select
        *,
        min(case when is_active then occurred_at end) over (
            partition by customer_id order by occurred_at desc
            range between unbounded preceding and current row
        ) as next_start_at
    from neighbours
    where is_active <> was_active
)

select
    turns.subscription_id,
    turns.occurred_at as ended_at,
    turns.next_start_at as counts_at
from turns
-- who comes and goes by orders or use switches nothing
inner join {{ ref("int_report_moment") }} as moment
    on moment.lifecycle = 'subscription'
where
    -- of a start it is the start itself
    turns.next_start_at > turns.occurred_at
    and turns.next_start_at <= turns.occurred_at + interval '{{ grace }} minutes'
