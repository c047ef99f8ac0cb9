{{ config(materialized="view") }}

{%- set loaded_since = "loaded_at > (select max(reported.loaded_until) from reported.segment_periods as reported)" -%}
{#- a late event that does not say when it was loaded -#}
{%- set new_ids = "select " ~ as_contract_type("event_id", "text") ~ " from raw.new_subscription_events" -%}
{%- set is_new = loaded_since ~ (" or event_id in (" ~ new_ids ~ ")" if is_increment() else "") %}

with events as (
    select
        event_id,
        customer_id,
        {{ reporting_date("occurred_at") }} as occurred_on
    from {{ ref("stg_billing__subscription_events") }}
    where {{ is_new if has_reported_figures() else "false" }}
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
