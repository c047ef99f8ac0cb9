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
        customers_start - customers_churned as customers_retained,
        {{ ratio("customers_start - customers_churned", "customers_start") }} as retention_rate,
        {{ wilson("(customers_start - customers_churned)", "customers_start", "lower") }} as retention_rate_lower,
        {{ wilson("(customers_start - customers_churned)", "customers_start", "upper") }} as retention_rate_upper,
        {{ ratio("customers_end - customers_acquired - customers_moved_in", "customers_start") }} as crr,
        {{ ratio("mrr_start + mrr_contraction_of_start + mrr_churn", "mrr_start") }} as gross_revenue_retention,
        {{ ratio("mrr_start + mrr_contraction_of_start + mrr_churn + mrr_expansion_of_start", "mrr_start") }}
            as net_revenue_retention
    from {{ ref("fct_segment_periods") }}
)

select * from final
