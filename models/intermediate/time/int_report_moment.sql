with event_times as (
    {%- for raw_table, staging, event_time, first_time in event_times() %}
    select
        '{{ raw_table }}' as raw_table,
        min({{ first_time }}) as first_event_at,
        -- what is later than now is kept, but must not move the reports into the future
        max(case when {{ event_time }} <= {{ utc_now() }} then {{ event_time }} end) as last_event_at,
        -- only subscription events are asked whether they are all dates
        {{ "count(case when " ~ event_time ~ " > cast(cast(" ~ event_time ~ " as date) as timestamp) then 1 end)"
           if raw_table == "subscription_events" else "0" }} as rows_with_time_of_day
    from {{ ref(staging) }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

moment as (
    select
        min(first_event_at) as first_event_at,
        sum(rows_with_time_of_day) = 0 as are_dates,
        {% if var("lifecycle") == "auto" -%}
        -- subscriptions begin and end by their events; without any, customers come and go by what they do
        case
            when count(case when raw_table = 'subscription_events' then first_event_at end) > 0
                then 'subscription'
            else 'activity'
        end as lifecycle,
        {%- else -%}
        '{{ var("lifecycle") }}' as lifecycle,
        {%- endif %}
        {% if var("as_of") -%}
        {{ time_setting("as_of") }} as as_of
        {%- else -%}
        coalesce(max(last_event_at), {{ utc_now() }}) as as_of
        {%- endif %}
    from event_times
)

select
    as_of,
    {{ reporting_date("as_of") }} as as_of_on,
    {{ reporting_date("least(first_event_at, as_of)") }} as first_event_on,
    lifecycle,
    are_dates and lifecycle = 'subscription' as times_are_dates
from moment
