with final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        mrr_start,
        mrr_new,
        mrr_reactivation,
        mrr_expansion,
        mrr_contraction,
        mrr_expansion_of_start,
        mrr_contraction_of_start,
        mrr_churn,
        mrr_moved,
        mrr_end,
        {{ ratio("mrr_end", "customers_end") }} as arpa,
        {{ ratio("mrr_new + mrr_reactivation + mrr_expansion", "-(mrr_contraction + mrr_churn)") }} as quick_ratio,
        {{ ratio("-(mrr_contraction_of_start + mrr_churn)", "mrr_start") }} as gross_mrr_churn_rate,
        {{ ratio("-(mrr_contraction_of_start + mrr_churn) - mrr_expansion_of_start - mrr_reactivation", "mrr_start") }}
            as net_mrr_churn_rate
    from {{ ref("fct_segment_periods") }}
)

select * from final
