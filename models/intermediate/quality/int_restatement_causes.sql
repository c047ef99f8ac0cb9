{{ config(materialized="view") }}

{%- set keys = ["period_grain", "period_start", "segment_type", "segment_value"] -%}
{%- set ids_shown = 10 -%}

with events_of_periods as (
    select
        events.event_id,
        events.segment_type,
        events.segment_value,
        calendar.period_grain,
        calendar.period_start,
        row_number() over (
            partition by calendar.period_grain, calendar.period_start, events.segment_type, events.segment_value
            order by events.occurred_on, events.event_id
        ) as event_number
    from {{ ref("int_events_since_report") }} as events
    inner join {{ ref("int_calendar_periods") }} as calendar
        on events.occurred_on = calendar.date_day
)

select
    {{ keys | join(", ") }},
    count(*) as event_count,
    {{ dbt.listagg("case when event_number <= " ~ ids_shown ~ " then event_id end", "', '", "order by event_number") }} as event_ids
from events_of_periods
group by {{ keys | join(", ") }}
