with churned as (
    select
        sums.period_grain,
        sums.period_start,
        sums.segment_type,
        -- where it left
        case when sums.segment_type = 'plan' then sums.plan_id_start else sums.segment_value end as segment_value,
        sums.churn_type,
        coalesce(sums.reason_category, '(none)') as reason_category,
        coalesce(sums.reason_code, '(none)') as reason_code,
        sums.customers,
        sums.mrr_lost
    from {{ ref("int_movement_sums_reported") }} as sums
    where sums.movement_type = 'churn'
),

final as (
    select
        churned.period_grain,
        churned.period_start,
        periods.period_end,
        periods.is_complete_period,
        churned.segment_type,
        churned.segment_value,
        churned.churn_type,
        churned.reason_category,
        churned.reason_code,
        cast(sum(churned.customers) as bigint) as customers_churned,
        cast(sum(churned.mrr_lost) as decimal(38, 6)) as mrr_lost
    from churned
    inner join {{ ref("int_periods") }} as periods
        on churned.period_grain = periods.period_grain and churned.period_start = periods.period_start
    group by
        churned.period_grain, churned.period_start, periods.period_end, periods.is_complete_period,
        churned.segment_type, churned.segment_value, churned.churn_type, churned.reason_category, churned.reason_code
)

select * from final
