{#-
    Every score from 0 to 10 has a row where anybody answered: what nobody gave is a part of the picture. By day and week
    nine of ten rows would say that, so there only scores that were given have one.
-#}
with scores as (
    select generated_number - 1 as score
    from ({{ dbt.generate_series(11) }}) as numbers
),

answers as (
    select *
    from {{ ref("int_survey_counts") }}
    where
        survey_type = 'nps'
        and subject is null
        and score is not null
        and not {{ is_of_a_split() }}
),

totals as (
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        touchpoint_type,
        cast(sum(respondents) as bigint) as all_respondents
    from answers
    group by period_grain, period_start, segment_type, segment_value, touchpoint_type
),

final as (
    select
        totals.period_grain,
        totals.period_start,
        periods.period_end,
        periods.is_complete_period,
        totals.segment_type,
        totals.segment_value,
        totals.touchpoint_type,
        cast(scores.score as integer) as score,
        {{ survey_band("scores.score") }} as band,
        coalesce(answers.respondents, 0) as respondents,
        {{ ratio("coalesce(answers.respondents, 0)", "totals.all_respondents") }} as share
    from totals
    cross join scores
    inner join {{ ref("int_periods") }} as periods
        on totals.period_grain = periods.period_grain and totals.period_start = periods.period_start
    left join answers
        on
            totals.period_grain = answers.period_grain
            and totals.period_start = answers.period_start
            and totals.segment_type = answers.segment_type
            and totals.segment_value = answers.segment_value
            and totals.touchpoint_type = answers.touchpoint_type
            and scores.score = answers.score
    where answers.score is not null or totals.period_grain not in ('{{ fine_grains() | join("', '") }}')
)

select * from final
