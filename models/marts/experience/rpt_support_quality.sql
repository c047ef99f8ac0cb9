with counts as (
    select * from {{ ref("int_support_counts") }}
),

final as (
    select
        counts.period_grain,
        counts.period_start,
        counts.period_end,
        counts.is_complete_period,
        counts.segment_type,
        counts.segment_value,
        counts.opened,
        counts.repeats,
        {{ ratio("counts.repeats", "counts.opened") }} as repeat_rate,
        {{ wilson("counts.repeats", "counts.opened", "lower") }} as repeat_rate_lower,
        {{ wilson("counts.repeats", "counts.opened", "upper") }} as repeat_rate_upper,
        counts.first_responses,
        responses.hours_median as first_response_hours_median,
        responses.hours_p90 as first_response_hours_p90,
        counts.closed,
        closings.hours_median as resolution_hours_median,
        closings.hours_p90 as resolution_hours_p90,
        counts.closed_reopened,
        {{ ratio("counts.closed_reopened", "counts.closed") }} as reopened_rate,
        {{ wilson("counts.closed_reopened", "counts.closed", "lower") }} as reopened_rate_lower,
        {{ wilson("counts.closed_reopened", "counts.closed", "upper") }} as reopened_rate_upper,
        counts.reopened,
        counts.backlog,
        counts.backlog_old,
        counts.csat_respondents,
        counts.csat_satisfied,
        {{ ratio("counts.csat_satisfied", "counts.csat_respondents") }} as csat,
        {{ wilson("counts.csat_satisfied", "counts.csat_respondents", "lower") }} as csat_lower,
        {{ wilson("counts.csat_satisfied", "counts.csat_respondents", "upper") }} as csat_upper,
        counts.ces_respondents,
        counts.ces_easy,
        {{ ratio("counts.ces_easy", "counts.ces_respondents") }} as ces_share,
        {{ wilson("counts.ces_easy", "counts.ces_respondents", "lower") }} as ces_share_lower,
        {{ wilson("counts.ces_easy", "counts.ces_respondents", "upper") }} as ces_share_upper,
        {{ ratio("counts.ces_total", "counts.ces_respondents") }} as ces_mean,
        {{ scale_mean("counts.ces_total", "counts.ces_squares", "counts.ces_respondents", 1, 7, "lower") }} as ces_mean_lower,
        {{ scale_mean("counts.ces_total", "counts.ces_squares", "counts.ces_respondents", 1, 7, "upper") }} as ces_mean_upper
    from counts
    left join {{ ref("int_support_hours") }} as responses
        on
            counts.period_grain = responses.period_grain
            and counts.period_start = responses.period_start
            and counts.segment_type = responses.segment_type
            and counts.segment_value = responses.segment_value
            and responses.event = 'responded'
    left join {{ ref("int_support_hours") }} as closings
        on
            counts.period_grain = closings.period_grain
            and counts.period_start = closings.period_start
            and counts.segment_type = closings.segment_type
            and counts.segment_value = closings.segment_value
            and closings.event = 'closed'
)

select * from final
