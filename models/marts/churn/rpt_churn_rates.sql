with final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        lifecycle,
        segment_type,
        segment_value,
        customers_start,
        customers_new,
        customers_reactivated,
        customers_churned,
        customers_churned_voluntary,
        customers_churned_involuntary,
        customers_churned_unknown,
        customers_moved_in,
        customers_moved_out,
        customers_end,
        customers_acquired,
        customers_came_and_went,
        customers_left_and_returned,
        {{ ratio("customers_churned", "customers_start") }} as churn_rate,
        {{ wilson("customers_churned", "customers_start", "lower") }} as churn_rate_lower,
        {{ wilson("customers_churned", "customers_start", "upper") }} as churn_rate_upper,
        {{ ratio("customers_churned_voluntary", "customers_start") }} as voluntary_churn_rate,
        {{ ratio("customers_churned_involuntary", "customers_start") }} as involuntary_churn_rate,
        {{ ratio("customers_new + customers_reactivated", "customers_start") }} as growth_rate,
        {{ ratio("customers_new + customers_reactivated - customers_churned", "customers_start") }} as net_growth_rate
    from {{ ref("fct_segment_periods") }}
)

select * from final
