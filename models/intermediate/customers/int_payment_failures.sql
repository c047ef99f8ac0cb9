{#-
    One row per payment failure: from the first failed payment since the last recovery or start to the event that ends it.
    Only the events of subscriptions that ever failed to pay are sorted.
-#}
with failing_subscriptions as (
    select distinct subscription_id
    from {{ ref("int_subscription_events_counted") }}
    where event_type = 'payment_failed' and has_effect
),

terms as (
    -- a plan and an amount hold until the next one is given
    select
        events.*,
        {{ last_given("events.plan_given", "events.event_number", "text") }} as plan_id,
        {{ last_given("events.mrr_given", "events.event_number", "decimal(38, 6)") }} as full_mrr
    from {{ ref("int_subscription_events_counted") }} as events
    inner join failing_subscriptions
        on events.subscription_id = failing_subscriptions.subscription_id
    window until_here as (partition by events.subscription_id order by events.event_number rows unbounded preceding)
),

steps as (
    select
        subscription_id,
        customer_id,
        event_number,
        occurred_at,
        plan_id,
        reason_code,
        case when state_after = 'live' then coalesce(full_mrr, 0) else 0 end as mrr,
        case
            when event_type = 'payment_failed' then 'failed'
            when event_type in ('cancelled', 'expired') then 'lost'
            else 'recovered'
        end as step
    from terms
    where
        has_effect
        and event_type in
        ('payment_failed', 'payment_recovered', 'started', 'reactivated', 'renewed', 'cancelled', 'expired')
),

attempts as (
    select
        *,
        lag(step) over (partition by subscription_id order by event_number) as previous_step
    from steps
),

turns as (
    -- a further failed payment belongs to the failure that is open already
    select
        *,
        lead(step) over (partition by subscription_id order by event_number) as next_step,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_occurred_at
    from attempts
    where step <> 'failed' or previous_step is distinct from 'failed'
)

select
    turns.subscription_id,
    turns.customer_id,
    turns.occurred_at as failed_at,
    {{ reporting_date("turns.occurred_at") }} as failed_on,
    turns.next_occurred_at as ended_at,
    coalesce(turns.next_step, 'open') as outcome,
    {{ whole_days("turns.occurred_at", "turns.next_occurred_at") }} as days_open,
    cast(turns.mrr as decimal(38, 6)) as mrr_at_risk,
    turns.reason_code as decline_reason,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    turns.plan_id as plan
from turns
inner join {{ ref("int_customers") }} as customers
    on turns.customer_id = customers.customer_id
where turns.step = 'failed'
