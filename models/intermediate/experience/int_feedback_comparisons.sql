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

means as (
    select
        *,
        {%- for group in groups %}
        {{ ratio("sum_" ~ group, "n_" ~ group) }} as mean_{{ group }},
        {%- endfor %}
        -- null where one of the two has nobody
        n_contact * n_without_contact * {{ ratio("1", "case when n_contact * n_without_contact > 0 then n_contact + n_without_contact end") }}
            as weight
    from strata
),

sums as (
    select
        outcome,
        period_grain,
        period_start,
        touchpoint_type,
        {%- for group in groups %}
        sum(n_{{ group }}) as n_{{ group }},
        sum(sum_{{ group }}) as sum_{{ group }},
        {%- endfor %}
        sum(case when weight > 0 then n_contact else 0 end) as n_matched,
        sum(weight) as weight,
        sum(weight * (mean_contact - mean_without_contact)) as weighted_difference,
        sum(case when weight > 0 then n_contact + n_without_contact - 2 end) as degrees,
        sum(case when weight > 0 then squares - sum_contact * mean_contact - sum_without_contact * mean_without_contact end) as squares
    from means
    group by outcome, period_grain, period_start, touchpoint_type
)

select
    outcome,
    period_grain,
    period_start,
    touchpoint_type,
    {%- for group in groups %}
    cast(n_{{ group }} as bigint) as n_{{ group }},
    {{ ratio("sum_" ~ group, "n_" ~ group) }} as mean_{{ group }},
    {%- endfor %}
    cast(n_matched as bigint) as n_matched,
    {{ ratio("weighted_difference", "weight") }} as difference,
    -- values that are all alike do not tell how far the next one may be from them
    case when squares > 1e-9 then {{ t_quantile("degrees") }} * sqrt({{ ratio("squares", "degrees") }} / weight) end as half_width
from sums
