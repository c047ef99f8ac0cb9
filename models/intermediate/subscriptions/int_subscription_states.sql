{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="subscription_id", meta={"touched": "int_touched_subscriptions"}) }}

{#- One row per subscription and instant from which its state, plan, product or MRR is another. All events of an instant count together. -#}
with terms as (
    -- a plan, a product and an amount hold until the next one is given
    select
        *,
        {{ last_given("plan_given", "event_number", "text") }} as plan_id,
        {{ last_given("product_given", "event_number", "text") }} as event_product_id,
        {{ last_given("mrr_given", "event_number", "decimal(38, 6)") }} as full_mrr,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_occurred_at
    from {{ ref("int_subscription_events_counted") }}
    where {{ is_touched("subscription_id", ref("int_touched_subscriptions")) }}
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

instants as (
    select
        subscription_id,
        customer_id,
        occurred_at,
        state_after as state,
        plan_id,
        event_product_id,
        {{ makes_customer("state_after", "full_mrr") }} as is_active,
        -- a subscription that was never given an amount is live with an unknown MRR, which sums as 0
        case when state_after = 'live' then coalesce(full_mrr, 0) else 0 end as mrr
    from terms
    where next_occurred_at is null or next_occurred_at > occurred_at
),

neighbours as (
    select
        *,
        lag(state) over in_time as previous_state,
        coalesce(lag(is_active) over in_time, false) as was_active,
        lag(plan_id) over in_time as previous_plan_id,
        lag(event_product_id) over in_time as previous_event_product_id,
        coalesce(lag(mrr) over in_time, 0) as previous_mrr
    from instants
    window in_time as (partition by subscription_id order by occurred_at)
)

select
    subscription_id,
    customer_id,
    occurred_at as valid_from,
    lead(occurred_at) over (partition by subscription_id order by occurred_at) as valid_to,
    state,
    plan_id,
    event_product_id,
    cast(mrr as decimal(38, 6)) as mrr,
    is_active,
    was_active,
    previous_plan_id,
    previous_event_product_id,
    cast(previous_mrr as decimal(38, 6)) as previous_mrr
from neighbours
where
    previous_state is null
    or state <> previous_state
    or is_active <> was_active
    or mrr <> previous_mrr
    or plan_id is distinct from previous_plan_id
    or event_product_id is distinct from previous_event_product_id
