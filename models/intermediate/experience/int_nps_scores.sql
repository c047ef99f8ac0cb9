{#- The NPS of each period, segment and split, worked out once for all that show it or are set beside it. -#}
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
    where survey_type = 'nps' and subject is null
    group by period_grain, period_start, segment_type, segment_value, touchpoint_type
)

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
    {{ ratio("sums.answered_count", "sums.sent_count") }} as response_rate
from sums
inner join {{ ref("int_periods") }} as periods
    on sums.period_grain = periods.period_grain and sums.period_start = periods.period_start
