with final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        lifecycle,
        segment_type,
        segment_value,
        subscriptions_start,
        subscriptions_new,
        subscriptions_reactivated,
        subscriptions_churned,
        subscriptions_churned_voluntary,
        subscriptions_churned_involuntary,
        subscriptions_churned_unknown,
        subscriptions_churned_replaced,
        subscriptions_moved_in,
        subscriptions_moved_out,
        subscriptions_end,
        subscriptions_acquired,
        subscriptions_came_and_went,
        subscriptions_left_and_returned,
        {{ ratio("subscriptions_churned", "subscriptions_start") }} as churn_rate,
        {{ wilson("subscriptions_churned", "subscriptions_start", "lower") }} as churn_rate_lower,
        {{ wilson("subscriptions_churned", "subscriptions_start", "upper") }} as churn_rate_upper,
        {{ ratio("subscriptions_churned_voluntary", "subscriptions_start") }} as voluntary_churn_rate,
        {{ ratio("subscriptions_churned_involuntary", "subscriptions_start") }} as involuntary_churn_rate,
        {{ ratio("subscriptions_churned - subscriptions_churned_replaced", "subscriptions_start") }} as unreplaced_churn_rate,
        {{ ratio("subscriptions_churned_replaced", "subscriptions_churned") }} as replaced_share,
        {{ ratio("subscriptions_new + subscriptions_reactivated", "subscriptions_start") }} as growth_rate,
        {{ ratio("subscriptions_new + subscriptions_reactivated - subscriptions_churned", "subscriptions_start") }} as net_growth_rate
    from {{ ref("int_subscription_segment_periods") }}
)

select * from final
