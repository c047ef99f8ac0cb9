{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="subscription_id", meta={"touched": "int_touched_subscriptions"}) }}

{#-
    What moved the MRR of a subscription that goes on, one row per instant at which it moved. One cause after the other,
    so that the parts sum to the change to the last unit:
        pause          the whole of a change into a pause or out of it
        exchange rate  what was charged before, at the new rate
        quantity       the same charge for each, of as many as now
        plan           what is left if the plan changed too
        interval       what is left if the plan did not, but how long one charge lasts
        price          what is left if neither did

    Only subscriptions with such a change are sorted, and what they were charged is fetched for them alone.
-#}
{%- set terms = {
    "plan_id": ("plan_given", "text"),
    "amount": ("amount_given", "decimal(18, 6)"),
    "currency": ("currency_given", "text"),
    "rate": ("rate_given", "decimal(25, 18)"),
    "billing_interval": ("interval_given", "text"),
    "billing_interval_count": ("interval_count_given", "integer"),
    "quantity": ("quantity_given", "decimal(18, 6)"),
} -%}
{%- set for_quantity = as_double("instants.previous_amount") ~ " * " ~ ratio("instants.quantity", "instants.previous_quantity") -%}

with changes as (
    select
        subscription_id,
        customer_id,
        valid_from as changed_at,
        previous_mrr,
        mrr
    from {{ ref("int_subscription_states") }}
    where
        is_active
        and was_active
        and mrr <> previous_mrr
        and {{ is_touched("subscription_id", ref("int_touched_subscriptions")) }}
),

-- by itself, so that no engine joins all events first
events_of_changing as (
    select *
    from {{ ref("int_subscription_events_counted") }}
    where subscription_id in (select changes.subscription_id from changes)
),

given as (
    select
        states.subscription_id,
        states.event_number,
        states.occurred_at,
        states.state_after as state,
        states.plan_given,
        case when states.mrr_given is not null then events.amount end as amount_given,
        case when states.mrr_given is not null then coalesce({{ foreign_currency("events.currency") }}, '') end as currency_given,
        case when states.mrr_given is not null then coalesce(rates.rate_to_reporting, 1) end as rate_given,
        case when states.mrr_given is not null then coalesce(events.billing_interval, 'month') end as interval_given,
        case when states.mrr_given is not null then coalesce(events.billing_interval_count, 1) end as interval_count_given,
        states.quantity_given
    from events_of_changing as states
    inner join {{ ref("stg_billing__subscription_events") }} as events
        on states.event_id = events.event_id
    left join {{ ref("int_exchange_rates_daily") }} as rates
        on
            {{ foreign_currency("events.currency") }} = rates.currency
            and cast(events.occurred_at as date) = rates.date_day
),

charged as (
    select
        subscription_id,
        event_number,
        occurred_at,
        state,
        {%- for term, (given, type) in terms.items() %}
        {{ last_given(given, "event_number", type) }} as {{ term }},
        {%- endfor %}
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_occurred_at
    from given
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

instants as (
    select
        *,
        {%- for term in terms %}
        lag({{ term }}) over in_time as previous_{{ term }},
        {%- endfor %}
        lag(state) over in_time as previous_state
    from charged
    where next_occurred_at is null or next_occurred_at > occurred_at
    window in_time as (partition by subscription_id order by occurred_at)
),

compared as (
    select
        changes.*,
        instants.state <> instants.previous_state as is_pause,
        (instants.plan_id is distinct from instants.previous_plan_id) as is_other_plan,
        instants.previous_plan_id,
        instants.plan_id,
        coalesce(
            sign(
                {{ interval_length("instants.billing_interval", "instants.billing_interval_count") }}
                - {{ interval_length("instants.previous_billing_interval", "instants.previous_billing_interval_count") }}
            ), 0
        ) as interval_change,
        instants.previous_amount,
        instants.previous_billing_interval,
        instants.previous_billing_interval_count,
        -- rates of two currencies have nothing to do with each other
        case when instants.currency = instants.previous_currency then instants.rate else instants.previous_rate end as rate,
        -- without a quantity, or of more than an amount can be, nothing comes from it
        case
            when {{ for_quantity }} < 999999999999 then cast({{ for_quantity }} as decimal(18, 6))
            else instants.previous_amount
        end as amount_for_quantity
    from changes
    inner join instants
        on changes.subscription_id = instants.subscription_id and changes.changed_at = instants.occurred_at
),

steps as (
    -- without a charge before there is nothing to convert or to multiply
    select
        *,
        {%- for step, amount in {"mrr_at_rate": "previous_amount", "mrr_at_quantity": "amount_for_quantity"}.items() %}
        case
            when is_pause then mrr
            when previous_amount is null then previous_mrr
            else {{ monthly_amount(amount, "rate", "previous_billing_interval", "previous_billing_interval_count") }}
        end as {{ step }},
        {%- endfor %}
        mrr - previous_mrr as mrr_change
    from compared
)

select
    subscription_id,
    customer_id,
    changed_at,
    {{ reporting_date("changed_at") }} as changed_on,
    cast(case when is_pause then mrr_change else 0 end as decimal(38, 6)) as mrr_pause,
    cast(case when is_pause then 0 else mrr_at_rate - previous_mrr end as decimal(38, 6)) as mrr_exchange_rate,
    cast(mrr_at_quantity - mrr_at_rate as decimal(38, 6)) as mrr_quantity,
    cast(case when is_other_plan then mrr - mrr_at_quantity else 0 end as decimal(38, 6)) as mrr_plan,
    cast(case when interval_change <> 0 and not is_other_plan then mrr - mrr_at_quantity else 0 end as decimal(38, 6)) as mrr_interval,
    cast(case when interval_change <> 0 or is_other_plan then 0 else mrr - mrr_at_quantity end as decimal(38, 6)) as mrr_price,
    previous_plan_id,
    plan_id,
    cast(interval_change as integer) as interval_change
from steps
