with sums as (
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        touchpoint_type,
        cast(sum(sent_count) as bigint) as sent_count,
        cast(sum(answered_count) as bigint) as answered_count,
        {{ nps_sums() }}
    from {{ ref("int_survey_counts") }}
    where
        survey_type = 'nps'
        and subject is null
        and not {{ is_of_a_split() }}
    group by period_grain, period_start, segment_type, segment_value, touchpoint_type
),

scores as (
    select
        sums.period_grain,
        sums.period_start,
        periods.period_end,
        periods.is_complete_period,
        sums.segment_type,
        sums.segment_value,
        sums.touchpoint_type,
        sums.sent_count,
        sums.respondents,
        sums.promoters,
        sums.passives,
        sums.detractors,
        {{ nps("sums.promoters", "sums.detractors", "sums.respondents") }} as nps,
        {{ nps("sums.promoters", "sums.detractors", "sums.respondents", "lower") }} as nps_lower,
        {{ nps("sums.promoters", "sums.detractors", "sums.respondents", "upper") }} as nps_upper,
        100 * {{ ratio("sums.weighted_balance", "sums.weight") }} as nps_weighted,
        {{ ratio("sums.answered_count", "sums.sent_count") }} as response_rate,
        {{ year_before("sums.period_grain", "sums.period_start") }} as year_before
    from sums
    inner join {{ ref("int_periods") }} as periods
        on sums.period_grain = periods.period_grain and sums.period_start = periods.period_start
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
