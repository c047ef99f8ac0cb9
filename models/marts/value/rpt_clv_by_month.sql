{%- set pooled_columns = ["customers_start", "customers_churned", "customers_end", "mrr_end", "acquisition_cost", "customers_costed"] -%}

with segment_months as (
    select
        periods.*,
        coalesce(costs.acquisition_cost, 0) as acquisition_cost,
        coalesce(costs.customers, 0) as customers_costed
    from {{ ref("fct_segment_periods") }} as periods
    left join {{ ref("int_segment_acquisition_costs") }} as costs
        on
            periods.segment_type = costs.segment_type
            and periods.segment_value = costs.segment_value
            and periods.period_start = costs.joined_month
    where periods.period_grain = 'month'
),

months as (
    select
        *,
        {%- for pooled in pooled_columns %}
        sum({{ pooled }}) over until_here as {{ pooled }}_so_far,
        {%- endfor %}
        row_number() over until_here as month_number
    from segment_months
    window until_here as (
        partition by segment_type, segment_value
        order by period_start rows unbounded preceding
    )
),

trailing_months as (
    -- those that rpt_clv would pool at the end of each month
    select
        months.period_grain,
        months.period_start,
        months.period_end,
        months.is_complete_period,
        months.segment_type,
        months.segment_value,
        {%- for pooled in pooled_columns %}
        months.{{ pooled }}_so_far - coalesce(before.{{ pooled }}_so_far, 0) as pooled_{{ pooled }},
        {%- endfor %}
        months.month_number
    from months
    inner join {{ ref("thresholds") }} as clv_window
        on clv_window.threshold = 'clv_window_months'
    left join months as before
        on
            months.segment_type = before.segment_type
            and months.segment_value = before.segment_value
            and months.month_number - clv_window.value = before.month_number
),

rates as (
    select
        *,
        {{ ratio("pooled_mrr_end", "pooled_customers_end") }} as arpa,
        {{ ratio("pooled_customers_churned", "pooled_customers_start") }} as churn_rate,
        {{ ratio("pooled_acquisition_cost", "pooled_customers_costed") }} as cac
    from trailing_months
),

lifetime_values as (
    select
        *,
        {{ ratio("arpa", "churn_rate") }} as clv,
        case
            when churn_rate > 0
                then {{ discounted_lifetime_value("arpa * " ~ var("gross_margin") ~ "e0", "churn_rate", var("annual_discount_rate")) }}
        end as clv_discounted,
        case
            when pooled_customers_start = 0 or pooled_customers_end = 0 then 'no_customers'
            when pooled_customers_churned = 0 then 'no_churn'
        end as no_clv_reason
    from rates
),

neighbours as (
    select
        *,
        lag(clv) over in_time as previous_clv,
        lag(no_clv_reason) over in_time as no_previous_clv_reason
    from lifetime_values
    window in_time as (partition by segment_type, segment_value order by period_start)
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        clv,
        previous_clv,
        1 - {{ ratio("clv", "previous_clv") }} as clv_fall,
        clv_discounted,
        cac,
        {{ ratio("clv_discounted", "cac") }} as clv_to_cac,
        {{ ratio("cac", "arpa * " ~ var("gross_margin")) }} as cac_payback_months,
        no_clv_reason,
        case
            when month_number = 1 then 'no_previous_period'
            when previous_clv = 0 then 'no_mrr'
            else coalesce(no_clv_reason, no_previous_clv_reason)
        end as no_clv_fall_reason
    from neighbours
)

select * from final
