with periods as (
    -- a discount for a longer interval is no downgrade
    select
        periods.*,
        cast(coalesce(terms.mrr_of_terms, 0) as decimal(38, 6)) as mrr_of_terms
    from {{ ref("fct_segment_periods") }} as periods
    left join {{ ref("int_terms_changes") }} as terms
        on
            periods.period_grain = terms.period_grain
            and periods.period_start = terms.period_start
            and periods.segment_type = terms.segment_type
            and periods.segment_value = terms.segment_value
),

final as (
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
        mrr_of_terms,
        mrr_churn,
        mrr_moved,
        mrr_end,
        {{ ratio("mrr_end", "customers_end") }} as arpa,
        {{ ratio("mrr_new + mrr_reactivation + mrr_expansion", "-(mrr_contraction + mrr_churn)") }} as quick_ratio,
        {{ ratio("-(mrr_contraction_of_start + mrr_churn)", "mrr_start") }} as gross_mrr_churn_rate,
        {{ ratio("-(mrr_contraction_of_start + mrr_churn) - mrr_expansion_of_start - mrr_reactivation", "mrr_start") }}
            as net_mrr_churn_rate
    from periods
)

select * from final
