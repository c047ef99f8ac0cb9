{{ config(materialized="view") }}

{#-
    What an event says, for those that are left: the sort carried only what it needs. And the MRR that it gives: its amount
    per month, at the rate of its day.
-#}

with events as (
    select *
    from {{ ref("int_lifecycle_events") }}
    where {{ is_touched("subscription_id", ref("int_touched_subscriptions")) }}
)

select
    ordered.event_id,
    ordered.subscription_id,
    events.customer_id,
    events.event_type,
    ordered.occurred_at,
    ordered.event_number,
    case when {{ gives_terms("events.event_type") }} then events.plan_id end as plan_given,
    case when {{ gives_terms("events.event_type") }} then events.product_id end as product_given,
    {{ monthly_amount(
        "case when " ~ gives_terms("events.event_type") ~ " then events.amount end",
        "coalesce(rates.rate_to_reporting, 1)",
        "events.billing_interval",
        "events.billing_interval_count",
    ) }} as mrr_given,
    case when {{ gives_terms("events.event_type") }} then events.quantity end as quantity_given,
    events.reason_code,
    events.cancelled_by
from {{ ref("int_subscription_events_ordered") }} as ordered
inner join events
    on ordered.event_id = events.event_id
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        {{ foreign_currency("events.currency") }} = rates.currency
        and cast(ordered.occurred_at as date) = rates.date_day
