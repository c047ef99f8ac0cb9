{#- It judges other reports and reads them, so that a verdict and the number on a dashboard cannot differ. -#}
with rates as (
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        'churn_rate' as metric,
        customers_start,
        churn_rate as value
    from {{ ref("rpt_churn_rates") }}
    union all
    select
        period_grain,
        period_start,
        segment_type,
        segment_value,
        'retention_rate' as metric,
        customers_start,
        retention_rate as value
    from {{ ref("rpt_retention_rates") }}
),

stated as (
    select
        benchmarks.benchmark,
        benchmarks.metric,
        benchmarks.segment_type,
        benchmarks.segment_value,
        benchmarks.lower_bound,
        benchmarks.upper_bound,
        metrics.better,
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        {{ months_of_grain("benchmarks.stated_grain") }} as stated_months,
        {{ months_of_grain("periods.period_grain") }} as period_months
    from {{ ref("benchmarks") }} as benchmarks
    inner join {{ ref("int_metrics") }} as metrics
        on benchmarks.metric = metrics.metric
    cross join {{ ref("int_periods") }} as periods
),

converted as (
    select
        stated.*,
        rates.customers_start,
        rates.value,
        {%- for bound in ["lower_bound", "upper_bound"] %}
        {{ converted_rate("stated." ~ bound, "stated.stated_months", "stated.period_months", "stated.better = 'higher'") }}
            as {{ bound }}_converted,
        {%- endfor %}
        case
            when stated.stated_months is null or stated.period_months is null then 'no_whole_months'
            when not (coalesce(stated.lower_bound, 0) between 0 and 1 and coalesce(stated.upper_bound, 0) between 0 and 1)
                then 'no_fraction'
            when not stated.is_complete_period then 'incomplete_period'
            when rates.value is null then 'no_customers'
        end as no_verdict_reason
    from stated
    left join rates
        on
            stated.period_grain = rates.period_grain
            and stated.period_start = rates.period_start
            and stated.segment_type = rates.segment_type
            and stated.segment_value = rates.segment_value
            and stated.metric = rates.metric
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        benchmark,
        metric,
        segment_type,
        segment_value,
        customers_start,
        value,
        case better when 'lower' then upper_bound_converted else lower_bound_converted end as threshold,
        lower_bound_converted as lower_bound,
        upper_bound_converted as upper_bound,
        case
            when no_verdict_reason is not null then null
            when {{ is_above("value", "upper_bound_converted") }} then case better when 'lower' then 'worse' else 'better' end
            when {{ is_above("lower_bound_converted", "value") }} then case better when 'lower' then 'better' else 'worse' end
            else 'within'
        end as verdict,
        no_verdict_reason
    from converted
)

select * from final
