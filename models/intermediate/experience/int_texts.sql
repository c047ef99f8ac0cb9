{{ config(materialized="view") }}

{#- What customers wrote, as seen at as_of; the same text is matched once, by its hash. -#}
with comments as (
    select
        'survey' as source,
        response_id as source_id,
        customer_id,
        responded_at as said_at,
        comment as text,
        subject is null as is_about_us
    from {{ ref("stg_surveys__survey_responses") }}
),

tickets as (
    select
        'ticket' as source,
        ticket_id as source_id,
        customer_id,
        opened_at as said_at,
        coalesce(subject || '. ' || body, subject, body) as text,
        true as is_about_us
    from {{ ref("stg_support__support_tickets") }}
),

reasons as (
    -- a reason that the seed knows says all in its code
    select
        'cancellation' as source,
        events.event_id as source_id,
        events.customer_id,
        events.occurred_at as said_at,
        coalesce(events.reason_text, replace(events.reason_code, '_', ' ')) as text,
        true as is_about_us
    from {{ ref("stg_billing__subscription_events") }} as events
    left join {{ ref("churn_reasons") }} as known
        on events.reason_code = {{ as_contract_type("known.reason_code", "code") }}
    where
        (events.reason_text is not null or events.reason_code is not null)
        and events.event_type in ('cancel_requested', 'cancelled', 'expired')
        and known.reason_code is null
),

texts as (
    select * from comments
    union all
    select * from tickets
    union all
    select * from reasons
)

select
    texts.source,
    texts.source_id,
    texts.customer_id,
    texts.said_at,
    texts.is_about_us,
    texts.text,
    {{ dbt.hash("texts.text") }} as text_id
from texts
inner join {{ ref("int_report_moment") }} as moment
    on texts.said_at <= moment.as_of
where texts.text is not null
