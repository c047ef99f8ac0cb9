with final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type as split_type,
        segment_value as split_value,
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
        response_rate
    from {{ ref("int_nps_scores") }}
    where {{ is_of_a_split() }}
)

select * from final
