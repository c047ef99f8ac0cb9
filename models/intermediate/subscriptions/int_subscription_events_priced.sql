{{ config(materialized="view") }}

{#- The MRR that an event gives: its amount per month, at the rate of its day. -#}
select
    events.event_id,
    events.subscription_id,
    events.customer_id,
    events.event_type,
    events.occurred_at,
    events.event_number,
    events.plan_given,
    {{ monthly_amount(
        "events.amount_given",
        "coalesce(rates.rate_to_reporting, 1)",
        "events.billing_interval",
        "events.billing_interval_count",
    ) }} as mrr_given,
    events.reason_code,
    events.cancelled_by
from {{ ref("int_subscription_events_ordered") }} as events
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        events.foreign_currency = rates.currency
        and cast(events.occurred_at as date) = rates.date_day
