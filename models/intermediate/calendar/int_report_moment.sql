{%- set event_times = [
    (ref("stg_billing__subscription_events"), "occurred_at"),
    (ref("stg_billing__invoices"), "issued_at"),
    (ref("stg_orders__orders"), "ordered_at"),
    (ref("stg_product__product_usage"), "used_on"),
    (ref("stg_product__onboarding_milestones"), "reached_at"),
    (ref("stg_support__support_tickets"), "opened_at"),
    (ref("stg_surveys__survey_responses"), "coalesce(responded_at, sent_at)"),
    (ref("stg_marketing__campaign_contacts"), "contacted_at"),
] -%}

with event_times as (
    {%- for relation, event_time in event_times %}
    select
        '{{ relation.identifier }}' as seen_in,
        min(cast({{ event_time }} as timestamp)) as first_event_at,
        max(cast({{ event_time }} as timestamp)) as last_event_at
    from {{ relation }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

moment as (
    select
        min(first_event_at) as first_event_at,
        {% if var("lifecycle") == "auto" -%}
        -- subscriptions begin and end by their events; without any, customers come and go by what they do
        case
            when count(case when seen_in = '{{ ref("stg_billing__subscription_events").identifier }}' then last_event_at end) > 0
                then 'subscription'
            else 'activity'
        end as lifecycle,
        {%- else -%}
        '{{ var("lifecycle") }}' as lifecycle,
        {%- endif %}
        {% if var("as_of") -%}
        {{ time_setting("as_of") }} as as_of
        {%- else -%}
        -- a clock that runs ahead must not move the reports into the future
        least(max(last_event_at), {{ utc_now() }}) as as_of
        {%- endif %}
    from event_times
)

select
    as_of,
    {{ reporting_date("as_of") }} as as_of_on,
    {{ reporting_date("least(first_event_at, as_of)") }} as first_event_on,
    lifecycle
from moment
