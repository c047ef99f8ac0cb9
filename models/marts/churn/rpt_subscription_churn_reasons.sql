with churned as (
    select
        period_grain,
        period_start,
        segment_type,
        -- where it left
        case when segment_type = 'plan' then plan_id_start else segment_value end as segment_value,
        churn_type,
        coalesce(reason_category, '(none)') as reason_category,
        coalesce(reason_code, '(none)') as reason_code,
        subscriptions,
        case when is_replaced then subscriptions else 0 end as subscriptions_replaced,
        mrr_lost
    from {{ ref("int_subscription_movement_sums") }}
    where movement_type = 'churn'
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
        cast(sum(churned.subscriptions) as bigint) as subscriptions_churned,
        cast(sum(churned.subscriptions_replaced) as bigint) as subscriptions_churned_replaced,
        cast(sum(churned.mrr_lost) as decimal(38, 6)) as mrr_lost
    from churned
    inner join {{ ref("int_periods") }} as periods
        on churned.period_grain = periods.period_grain and churned.period_start = periods.period_start
    group by
        churned.period_grain, churned.period_start, periods.period_end, periods.is_complete_period,
        churned.segment_type, churned.segment_value, churned.churn_type, churned.reason_category, churned.reason_code
)

select * from final
