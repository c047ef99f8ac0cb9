{{ config(materialized="view") }}

{#- by its loaded_at; or, for a late event that does not say when it was loaded, by its file -#}
{%- set since_report -%}
    loaded_at > (select report.loaded_until from reported.report as report)
    or event_id in (select {{ as_contract_type("event_id", "text") }} from raw.unreported_subscription_events)
{%- endset %}

with events as (
    select
        event_id,
        customer_id,
        {{ reporting_date("occurred_at") }} as occurred_on
    from {{ ref("stg_billing__subscription_events") }}
    where {{ since_report if has_reported_figures() else "false" }}
)

{%- for segment in ["all"] + attribute_segments() %}
select
    events.event_id,
    events.occurred_on,
    '{{ segment }}' as segment_type,
    {{ "'all'" if segment == "all" else segment_value("customers." ~ segment) }} as segment_value
from events
inner join {{ ref("int_customers") }} as customers
    on events.customer_id = customers.customer_id
{{ "union all" if not loop.last }}
{%- endfor %}
