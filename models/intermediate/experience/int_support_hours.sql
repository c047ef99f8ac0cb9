{#-
    How long first responses and closings of a period took. Percentiles need every ticket in every period and segment, so
    nothing else is counted here.
-#}
with timed as (
    select * from {{ ref("int_support_ticket_events") }}
    where hours is not null
),

in_all_segments as (
    {{ in_segments("timed", plan=false, own=["agent", "category", "priority"]) }}
),

in_periods as (
    {{ in_periods("in_all_segments", "happened_on") }}
),

lists as (
    select
        period_grain,
        period_start,
        segment_type,
        reported_value as segment_value,
        event,
        {{ percentiles("hours", [0.5, 0.9]) }} as hours
    from ({{ as_reported("in_periods") }}) as reported
    group by period_grain, period_start, segment_type, reported_value, event
)

select
    period_grain,
    period_start,
    segment_type,
    segment_value,
    event,
    {{ percentile_of("hours", 1) }} as hours_median,
    {{ percentile_of("hours", 2) }} as hours_p90
from lists
