{#- Beside the customers' segments, what a ticket itself is of. -#}
{%- set splits = ["agent", "category", "priority"] -%}
{%- set attributes = attribute_segments() + splits -%}

with facts as (
    select
        happened_on,
        event,
        hours,
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
        {{ as_double("null") }} as hours,
        false as is_repeat,
        false as is_reopened,
        0 as backlog_change,
        0 as old_backlog_change,
        score,
        {{ attributes | join(",\n        ") }}
    from {{ ref("int_support_ratings") }}
),

in_all_segments as (
    {{ in_segments("facts", plan=false) }}
    {%- for split in splits %}
    union all
    select
        '{{ split }}' as segment_type,
        {{ segment_value("facts." ~ split) }} as segment_value,
        facts.*
    from facts
    {%- endfor %}
),

in_periods as (
    select
        in_all_segments.*,
        calendar.period_grain,
        calendar.period_start
    from in_all_segments
    inner join {{ ref("int_calendar_periods") }} as calendar
        on in_all_segments.happened_on = calendar.date_day
),

sums as (
    select
        period_grain,
        period_start,
        segment_type,
        reported_value as segment_value,
        count(case when event = 'opened' then 1 end) as opened,
        count(case when event = 'opened' and is_repeat then 1 end) as repeats,
        count(case when event = 'responded' then 1 end) as first_responses,
        {%- for event in ["responded", "closed"] %}
        {%- for share in [0.5, 0.9] %}
        percentile_cont({{ share }}) within group (order by case when event = '{{ event }}' then hours end)
            as {{ event }}_{{ (share * 100) | int }},
        {%- endfor %}
        {%- endfor %}
        count(case when event = 'closed' then 1 end) as closed,
        count(case when event = 'closed' and is_reopened then 1 end) as closed_reopened,
        count(case when event = 'reopened' then 1 end) as reopened,
        sum(backlog_change) as backlog_change,
        sum(old_backlog_change) as old_backlog_change,
        count(case when event = 'csat' then 1 end) as csat_respondents,
        count(case when event = 'csat' and score >= 4 then 1 end) as csat_satisfied,
        count(case when event = 'ces' then 1 end) as ces_respondents,
        count(case when event = 'ces' and score >= 5 then 1 end) as ces_easy,
        sum(case when event = 'ces' then score else 0 end) as ces_total,
        sum(case when event = 'ces' then score * score else 0 end) as ces_squares
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

-- tickets stay open in periods in which nothing happens
filled as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        segments.segment_type,
        segments.segment_value,
        sums.responded_50,
        sums.responded_90,
        sums.closed_50,
        sums.closed_90,
        {%- for count in [
            "opened", "repeats", "first_responses", "closed", "closed_reopened", "reopened", "csat_respondents",
            "csat_satisfied", "ces_respondents", "ces_easy", "ces_total", "ces_squares",
        ] %}
        coalesce(sums.{{ count }}, 0) as {{ count }},
        {%- endfor %}
        sum(coalesce(sums.backlog_change, 0)) over until_here as backlog,
        sum(coalesce(sums.old_backlog_change, 0)) over until_here as backlog_old
    from segments
    inner join {{ ref("int_periods") }} as periods
        on segments.period_grain = periods.period_grain and segments.first_period_start <= periods.period_start
    left join sums
        on
            periods.period_grain = sums.period_grain
            and periods.period_start = sums.period_start
            and segments.segment_type = sums.segment_type
            and segments.segment_value = sums.segment_value
    window until_here as (
        partition by segments.period_grain, segments.segment_type, segments.segment_value
        order by periods.period_start rows unbounded preceding
    )
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        opened,
        repeats,
        {{ ratio("repeats", "opened") }} as repeat_rate,
        {{ wilson("repeats", "opened", "lower") }} as repeat_rate_lower,
        {{ wilson("repeats", "opened", "upper") }} as repeat_rate_upper,
        first_responses,
        responded_50 as first_response_hours_median,
        responded_90 as first_response_hours_p90,
        closed,
        closed_50 as resolution_hours_median,
        closed_90 as resolution_hours_p90,
        closed_reopened,
        {{ ratio("closed_reopened", "closed") }} as reopened_rate,
        {{ wilson("closed_reopened", "closed", "lower") }} as reopened_rate_lower,
        {{ wilson("closed_reopened", "closed", "upper") }} as reopened_rate_upper,
        reopened,
        cast(backlog as bigint) as backlog,
        cast(backlog_old as bigint) as backlog_old,
        csat_respondents,
        csat_satisfied,
        {{ ratio("csat_satisfied", "csat_respondents") }} as csat,
        {{ wilson("csat_satisfied", "csat_respondents", "lower") }} as csat_lower,
        {{ wilson("csat_satisfied", "csat_respondents", "upper") }} as csat_upper,
        ces_respondents,
        ces_easy,
        {{ ratio("ces_easy", "ces_respondents") }} as ces_share,
        {{ wilson("ces_easy", "ces_respondents", "lower") }} as ces_share_lower,
        {{ wilson("ces_easy", "ces_respondents", "upper") }} as ces_share_upper,
        {{ ratio("ces_total", "ces_respondents") }} as ces_mean,
        {{ scale_mean("ces_total", "ces_squares", "ces_respondents", 1, 7, "lower") }} as ces_mean_lower,
        {{ scale_mean("ces_total", "ces_squares", "ces_respondents", 1, 7, "upper") }} as ces_mean_upper
    from filled
)

select * from final
