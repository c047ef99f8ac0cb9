with months as (
    select
        *,
        row_number() over (partition by segment_type, segment_value order by period_start desc) as months_ago
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'month' and is_complete_period
),

trailing_months as (
    -- pooled: every customer-month counts once
    select
        months.segment_type,
        months.segment_value,
        count(*) as months,
        {{ ratio("sum(months.mrr_end)", "sum(months.customers_end)") }} as arpa,
        {{ ratio("sum(months.customers_churned)", "sum(months.customers_start)") }} as monthly_churn_rate,
        {{ wilson("sum(months.customers_churned)", "sum(months.customers_start)", "lower") }} as monthly_churn_rate_lower,
        {{ wilson("sum(months.customers_churned)", "sum(months.customers_start)", "upper") }} as monthly_churn_rate_upper
    from months
    inner join {{ ref("thresholds") }} as clv_window
        on clv_window.threshold = 'clv_window_months' and months.months_ago <= clv_window.value
    group by months.segment_type, months.segment_value
),

costs as (
    select
        costs.segment_type,
        costs.segment_value,
        {{ ratio("sum(costs.acquisition_cost)", "sum(costs.customers)") }} as cac
    from {{ ref("int_segment_acquisition_costs") }} as costs
    inner join {{ ref("thresholds") }} as clv_window
        on clv_window.threshold = 'clv_window_months'
    cross join {{ ref("int_report_moment") }} as moment
    where
        costs.joined_month >= {{ dbt.dateadd("month", "-cast(clv_window.value as integer)", dbt.date_trunc("month", "moment.as_of_on")) }}
        and costs.joined_month < {{ dbt.date_trunc("month", "moment.as_of_on") }}
    group by costs.segment_type, costs.segment_value
),

values_by_formula as (
    select
        trailing_months.segment_type,
        trailing_months.segment_value,
        trailing_months.months as months_used,
        trailing_months.arpa,
        trailing_months.monthly_churn_rate,
        trailing_months.monthly_churn_rate_lower,
        trailing_months.monthly_churn_rate_upper,
        -- the more churn, the less value: the bounds change places
        {%- for bound, churn in {"": "", "_lower": "_upper", "_upper": "_lower"}.items() %}
        {%- set rate = "trailing_months.monthly_churn_rate" ~ churn %}
        {{ ratio("trailing_months.arpa", rate) }} as clv_simple{{ bound }},
        {{ ratio("trailing_months.arpa * " ~ var("gross_margin") ~ "e0", rate) }} as clv_margin{{ bound }},
        case
            when {{ rate }} > 0 then
                {{ discounted_lifetime_value(
                    "trailing_months.arpa * " ~ var("gross_margin") ~ "e0", rate, var("annual_discount_rate")
                ) }}
        end as clv_discounted{{ bound }},
        trailing_months.arpa * {{ var("gross_margin") }}e0
        * {{ new_customer_lifetime("lifetimes.residual_lifetime" ~ bound, var("annual_discount_rate")) }} as clv_modelled{{ bound }},
        {%- endfor %}
        lifetimes.fallback_segment_value,
        lifetimes.fit_note,
        costs.cac
    from trailing_months
    left join costs
        on trailing_months.segment_type = costs.segment_type and trailing_months.segment_value = costs.segment_value
    left join {{ ref("int_lifetimes") }} as lifetimes
        on
            trailing_months.segment_type = lifetimes.segment_type
            and trailing_months.segment_value = lifetimes.segment_value
            and not lifetimes.is_backtest
            and lifetimes.age_months = 0
),

final as (
    select
        segment_type,
        segment_value,
        months_used,
        arpa,
        monthly_churn_rate,
        monthly_churn_rate_lower,
        monthly_churn_rate_upper,
        {%- for variant in ["clv_simple", "clv_margin", "clv_discounted", "clv_modelled"] %}
        {{ variant }},
        {{ variant }}_lower,
        {{ variant }}_upper,
        {%- endfor %}
        fallback_segment_value,
        cac,
        {{ ratio("clv_discounted", "cac") }} as clv_to_cac,
        {{ ratio("cac", "arpa * " ~ var("gross_margin")) }} as cac_payback_months,
        case
            when monthly_churn_rate is null then 'no customers at the start of any complete month'
            when monthly_churn_rate = 0 then 'no churn in the months used'
        end as no_clv_reason,
        fit_note
    from values_by_formula
)

select * from final
