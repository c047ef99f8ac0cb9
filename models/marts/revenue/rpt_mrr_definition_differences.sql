with final as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        periods.segment_type,
        periods.segment_value,
        differences.definition,
        differences.difference,
        differences.mrr,
        differences.subscriptions
    from {{ ref("int_mrr_differences") }} as differences
    inner join {{ ref("fct_segment_periods") }} as periods
        on
            differences.period_grain = periods.period_grain
            and differences.period_start = periods.period_start
            and differences.segment_type = periods.segment_type
            and differences.segment_value = periods.segment_value
)

select * from final
