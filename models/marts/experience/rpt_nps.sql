with scores as (
    select
        *,
        {{ year_before("period_grain", "period_start") }} as year_before
    from {{ ref("int_nps_scores") }}
    where not {{ is_of_a_split() }}
),

changes as (
    select
        scores.*,
        scores.nps - previous.nps as nps_change,
        {{ nps_difference("scores", "previous", "lower") }} as nps_change_lower,
        {{ nps_difference("scores", "previous", "upper") }} as nps_change_upper,
        scores.nps - last_year.nps as nps_change_year,
        {{ nps_difference("scores", "last_year", "lower") }} as nps_change_year_lower,
        {{ nps_difference("scores", "last_year", "upper") }} as nps_change_year_upper
    from scores
    left join scores as previous
        on
            scores.period_grain = previous.period_grain
            and scores.period_start = previous.period_end
            and scores.segment_type = previous.segment_type
            and scores.segment_value = previous.segment_value
            and scores.touchpoint_type = previous.touchpoint_type
    left join scores as last_year
        on
            scores.period_grain = last_year.period_grain
            and scores.year_before = last_year.period_start
            and scores.segment_type = last_year.segment_type
            and scores.segment_value = last_year.segment_value
            and scores.touchpoint_type = last_year.touchpoint_type
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        touchpoint_type,
        sent_count,
        respondents,
        promoters,
        passives,
        detractors,
        nps,
        nps_lower,
        nps_upper,
        nps_weighted,
        response_rate,
        nps_change,
        nps_change_lower,
        nps_change_upper,
        {{ direction("nps_change_lower", "nps_change_upper") }} as nps_change_verdict,
        nps_change_year,
        nps_change_year_lower,
        nps_change_year_upper,
        {{ direction("nps_change_year_lower", "nps_change_year_upper") }} as nps_change_year_verdict
    from changes
)

select * from final
