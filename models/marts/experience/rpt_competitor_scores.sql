{#- What our customers say of others beside what they say of us: all relational answers of the period on either side. -#}
with counts as (
    select *
    from {{ ref("int_survey_counts") }}
    where survey_type = 'nps' and segment_type = 'all' and score is not null
),

of_others as (
    select
        period_grain,
        period_start,
        subject,
        {{ nps_sums() }}
    from counts
    where subject is not null
    group by period_grain, period_start, subject
),

of_us as (
    select
        period_grain,
        period_start,
        {{ nps_sums() }}
    from counts
    where subject is null and touchpoint_type = 'relational'
    group by period_grain, period_start
),

scores as (
    select
        of_others.period_grain,
        of_others.period_start,
        of_others.subject,
        of_others.respondents,
        of_us.respondents as own_respondents,
        {%- for side, relation in {"": "of_others", "own_": "of_us"}.items() %}
        {%- for column, bound in {"nps": none, "nps_lower": "lower", "nps_upper": "upper"}.items() %}
        {{ nps(relation ~ ".promoters", relation ~ ".detractors", relation ~ ".respondents", bound) }} as {{ side }}{{ column }},
        {%- endfor %}
        {%- endfor %}
        {%- for bound in ["lower", "upper"] %}
        {{ nps_difference("of_us", "of_others", bound) }} as difference_{{ bound }},
        {%- endfor %}
        of_others.promoters,
        of_others.passives,
        of_others.detractors
    from of_others
    left join of_us
        on of_others.period_grain = of_us.period_grain and of_others.period_start = of_us.period_start
),

final as (
    select
        scores.period_grain,
        scores.period_start,
        periods.period_end,
        periods.is_complete_period,
        scores.subject,
        scores.respondents,
        scores.promoters,
        scores.passives,
        scores.detractors,
        scores.nps,
        scores.nps_lower,
        scores.nps_upper,
        scores.own_respondents,
        scores.own_nps,
        scores.own_nps_lower,
        scores.own_nps_upper,
        scores.own_nps - scores.nps as difference,
        scores.difference_lower,
        scores.difference_upper,
        case {{ direction("scores.difference_lower", "scores.difference_upper") }}
            when 'up' then 'ours_is_higher'
            when 'down' then 'theirs_is_higher'
            when 'no_clear_change' then 'no_clear_difference'
        end as verdict
    from scores
    inner join {{ ref("int_periods") }} as periods
        on scores.period_grain = periods.period_grain and scores.period_start = periods.period_start
)

select * from final
