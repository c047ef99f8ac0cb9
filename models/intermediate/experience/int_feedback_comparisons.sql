{#-
    What became of low scores with a contact in time, beside those without, by period. The difference is taken between
    customers of the same survey, score and segment (a stratum), and its spread from within these.
-#}
{%- set outcomes = {
    "next_score_change": "score_change",
    "use_change": "use_change",
    "retention_rate": "case when is_retained then 1 when not is_retained then 0 end",
} -%}
{%- set groups = {"contact": "is_contacted_in_time", "without_contact": "not is_contacted_in_time"} -%}

with outcomes as (
    {%- for outcome, value in outcomes.items() %}
    select
        '{{ outcome }}' as outcome,
        responded_on,
        touchpoint_type,
        survey_type,
        score,
        customer_segment,
        is_contacted_in_time,
        -- exact, so that no sum hangs on the order of its rows
        cast({{ value }} as decimal(18, 6)) as value
    from {{ ref("int_low_score_outcomes") }}
    where is_compared and {{ value }} is not null
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

strata as (
    select
        outcomes.outcome,
        calendar.period_grain,
        calendar.period_start,
        outcomes.touchpoint_type,
        outcomes.survey_type,
        outcomes.score,
        outcomes.customer_segment,
        {%- for group, condition in groups.items() %}
        sum(case when {{ condition }} then 1 else 0 end) as n_{{ group }},
        sum(case when {{ condition }} then outcomes.value else 0 end) as sum_{{ group }},
        {%- endfor %}
        sum(outcomes.value * outcomes.value) as squares
    from outcomes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on outcomes.responded_on = calendar.date_day
    group by
        outcomes.outcome,
        calendar.period_grain,
        calendar.period_start,
        outcomes.touchpoint_type,
        outcomes.survey_type,
        outcomes.score,
        outcomes.customer_segment
),

{{ stratified_difference("strata", ["outcome", "period_grain", "period_start", "touchpoint_type"], ["contact", "without_contact"]) }}

select
    outcome,
    period_grain,
    period_start,
    touchpoint_type,
    {%- for group in groups %}
    n_{{ group }},
    mean_{{ group }},
    {%- endfor %}
    n_matched,
    difference,
    half_width
from sums
