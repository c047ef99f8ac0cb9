{{ config(materialized="view") }}

{%- set keys = ["period_grain", "period_start", "segment_type", "segment_value"] -%}
{%- set ids_shown = 10 -%}

with events_in_periods as (
    select
        events.event_id,
        events.occurred_on,
        events.segment_type,
        events.segment_value,
        calendar.period_grain,
        calendar.period_start
    from {{ ref("int_events_since_report") }} as events
    inner join {{ ref("int_calendar_periods") }} as calendar
        on events.occurred_on = calendar.date_day
),

events_of_periods as (
    select
        event_id,
        period_grain,
        period_start,
        segment_type,
        reported_value as segment_value,
        row_number() over (
            partition by period_grain, period_start, segment_type, reported_value order by occurred_on, event_id
        ) as event_number
    from ({{ as_reported("events_in_periods") }}) as reported
)

select
    {{ keys | join(", ") }},
    count(*) as event_count,
    {{ dbt.listagg("case when event_number <= " ~ ids_shown ~ " then event_id end", "', '", "order by event_number") }} as event_ids
from events_of_periods
group by {{ keys | join(", ") }}
