with sums as (
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        survey_type,
        cast(sum(sent_count) as bigint) as sent_count,
        cast(sum(answered_count) as bigint) as answered_count,
        cast(sum(respondents) as bigint) as respondents,
        cast(sum(case when survey_type = 'csat' and score >= 4 then respondents else 0 end) as bigint) as satisfied,
        cast(sum(case when survey_type = 'ces' and score >= 5 then respondents else 0 end) as bigint) as at_ease,
        cast(sum(case when survey_type = 'csat' then respondents else 0 end) as bigint) as csat_respondents,
        cast(sum(case when survey_type = 'ces' then respondents else 0 end) as bigint) as ces_respondents,
        sum(score * respondents) as total,
        sum(score * score * respondents) as squares
    from {{ ref("int_survey_counts") }}
    where
        survey_type in ('csat', 'ces')
        and subject is null
        and not {{ is_of_a_split() }}
    group by period_grain, period_start, segment_type, segment_value, survey_type
),

final as (
    select
        sums.period_grain,
        sums.period_start,
        periods.period_end,
        periods.is_complete_period,
        sums.segment_type,
        sums.segment_value,
        sums.survey_type,
        sums.sent_count,
        sums.respondents,
        {{ ratio("sums.satisfied", "sums.csat_respondents") }} as csat,
        {{ wilson("sums.satisfied", "sums.csat_respondents", "lower") }} as csat_lower,
        {{ wilson("sums.satisfied", "sums.csat_respondents", "upper") }} as csat_upper,
        {{ ratio("sums.total", "sums.csat_respondents") }} as csat_mean,
        {{ scale_mean("sums.total", "sums.squares", "sums.csat_respondents", 1, 5, "lower") }} as csat_mean_lower,
        {{ scale_mean("sums.total", "sums.squares", "sums.csat_respondents", 1, 5, "upper") }} as csat_mean_upper,
        {{ ratio("sums.total", "sums.ces_respondents") }} as ces_mean,
        {{ scale_mean("sums.total", "sums.squares", "sums.ces_respondents", 1, 7, "lower") }} as ces_mean_lower,
        {{ scale_mean("sums.total", "sums.squares", "sums.ces_respondents", 1, 7, "upper") }} as ces_mean_upper,
        {{ ratio("sums.at_ease", "sums.ces_respondents") }} as ces_share,
        {{ wilson("sums.at_ease", "sums.ces_respondents", "lower") }} as ces_share_lower,
        {{ wilson("sums.at_ease", "sums.ces_respondents", "upper") }} as ces_share_upper,
        {{ ratio("sums.answered_count", "sums.sent_count") }} as response_rate
    from sums
    inner join {{ ref("int_periods") }} as periods
        on sums.period_grain = periods.period_grain and sums.period_start = periods.period_start
)

select * from final
