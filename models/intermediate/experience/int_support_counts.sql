{#-
    What happened to tickets in each period, by segment, and what is open at its end. Counted by day first: the sum of a longer
    period is then one of few rows.
-#}
{%- set own = ["agent", "category", "priority"] -%}
{%- set attributes = attribute_segments() + own -%}
{%- set counts = {
    "opened": "event = 'opened'",
    "repeats": "event = 'opened' and is_repeat",
    "first_responses": "event = 'responded'",
    "closed": "event = 'closed'",
    "closed_reopened": "event = 'closed' and is_reopened",
    "reopened": "event = 'reopened'",
    "csat_respondents": "event = 'csat'",
    "csat_satisfied": "event = 'csat' and score >= 4",
    "ces_respondents": "event = 'ces'",
    "ces_easy": "event = 'ces' and score >= 5",
} -%}
{%- set sums = {
    "backlog_change": "backlog_change",
    "old_backlog_change": "old_backlog_change",
    "ces_total": "case when event = 'ces' then score else 0 end",
    "ces_squares": "case when event = 'ces' then score * score else 0 end",
} -%}
{%- set measures = counts | list + sums | list -%}

with facts as (
    select
        happened_on,
        event,
        is_repeat,
        is_reopened,
        backlog_change,
        old_backlog_change,
        cast(null as integer) as score,
        {{ attributes | join(",\n        ") }}
    from {{ ref("int_support_ticket_events") }}
    union all
    select
        happened_on,
        survey_type as event,
        false as is_repeat,
        false as is_reopened,
        0 as backlog_change,
        0 as old_backlog_change,
        score,
        {{ attributes | join(",\n        ") }}
    from {{ ref("int_support_ratings") }}
),

in_all_segments as (
    {{ in_segments("facts", plan=false, own=own) }}
),

days as (
    select
        {%- for name, condition in counts.items() %}
        count(case when {{ condition }} then 1 end) as {{ name }},
        {%- endfor %}
        {%- for name, value in sums.items() %}
        sum({{ value }}) as {{ name }},
        {%- endfor %}
        happened_on,
        segment_type,
        segment_value
    from in_all_segments
    group by happened_on, segment_type, segment_value
),

in_periods as (
    {{ in_periods("days", "happened_on") }}
),

sums as (
    select
        {%- for name in measures %}
        sum({{ name }}) as {{ name }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_type,
        reported_value as segment_value
    from ({{ as_reported("in_periods") }}) as reported
    group by period_grain, period_start, segment_type, reported_value
),

segments as (
    select
        period_grain,
        segment_type,
        segment_value,
        min(period_start) as first_period_start
    from sums
    group by period_grain, segment_type, segment_value
),

filled as (
    -- tickets stay open in periods in which nothing happens
    select
        {%- for name in measures %}
        cast(coalesce(sums.{{ name }}, 0) as bigint) as {{ name }},
        {%- endfor %}
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        segments.segment_type,
        segments.segment_value
    from segments
    inner join {{ ref("int_periods") }} as periods
        on segments.period_grain = periods.period_grain and segments.first_period_start <= periods.period_start
    left join sums
        on
            periods.period_grain = sums.period_grain
            and periods.period_start = sums.period_start
            and segments.segment_type = sums.segment_type
            and segments.segment_value = sums.segment_value
),

ends as (
    select
        *,
        sum(backlog_change) over until_here as backlog,
        sum(old_backlog_change) over until_here as backlog_old
    from filled
    window until_here as (
        partition by period_grain, segment_type, segment_value
        order by period_start rows unbounded preceding
    )
)

select
    {%- for name in measures if not name.endswith("_change") %}
    {{ name }},
    {%- endfor %}
    cast(backlog as bigint) as backlog,
    cast(backlog_old as bigint) as backlog_old,
    period_grain,
    period_start,
    period_end,
    is_complete_period,
    segment_type,
    segment_value
from ends
