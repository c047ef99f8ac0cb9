{{ config(materialized="view") }}

{#- only these events give a plan and an amount; an amount on another event says nothing about the subscription -#}
{%- set gives_terms = "events.event_type in ('trial_started', 'started', 'reactivated', 'renewed', 'changed')" -%}

with events as (
    select
        events.*,
        {{ foreign_currency("events.currency") }} as foreign_currency
    from {{ ref("stg_billing__subscription_events") }} as events
    inner join {{ ref("int_report_moment") }} as moment
        on events.occurred_at <= moment.as_of
)

select
    events.event_id,
    events.subscription_id,
    events.customer_id,
    events.event_type,
    events.occurred_at,
    events.loaded_at,
    case events.event_type
        when 'trial_started' then 1
        when 'started' then 2
        when 'reactivated' then 2
        when 'renewed' then 3
        when 'resumed' then 4
        when 'changed' then 5
        when 'payment_failed' then 6
        when 'payment_recovered' then 7
        when 'paused' then 8
        when 'cancel_requested' then 9
        else 10
    end as lifecycle_rank,
    case when {{ gives_terms }} then events.plan_id end as plan_given,
    case
        when {{ gives_terms }} then
            {{ monthly_amount(
                "events.amount",
                "coalesce(rates.rate_to_reporting, 1)",
                "events.billing_interval",
                "events.billing_interval_count",
            ) }}
    end as mrr_given
from events
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        events.foreign_currency = rates.currency
        and cast(events.occurred_at as date) = rates.date_day
