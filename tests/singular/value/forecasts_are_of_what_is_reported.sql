-- What: what became of a forecast is what the reports say of that month, in every segment and to the last customer.
-- When it fails: int_cohort_movements lost or doubled a movement, or a forecast counts months otherwise. Compare its sums in
--                the month and segment returned with fct_segment_periods.
with reported as (
    select
        period_start,
        segment_type,
        segment_value,
        {{ as_double("customers_end") }} as customers_end,
        {{ as_double("mrr_end") }} as mrr_end,
        {{ ratio("mrr_start + mrr_contraction_of_start + mrr_churn + mrr_expansion_of_start", "mrr_start") }}
            as net_revenue_retention
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'month'
),

compared as (
    select
        backtest.metric,
        backtest.segment_type,
        backtest.segment_value,
        backtest.method,
        backtest.origin,
        backtest.period_start,
        backtest.actual,
        case backtest.metric
            when 'customers_end' then reported.customers_end
            when 'mrr_end' then reported.mrr_end
            when 'net_revenue_retention' then reported.net_revenue_retention
        end as reported_value
    from {{ ref("rpt_forecast_backtest") }} as backtest
    left join reported
        on
            backtest.period_start = reported.period_start
            and backtest.segment_type = reported.segment_type
            and backtest.segment_value = reported.segment_value
)

select * from compared
where reported_value is null or abs(actual - reported_value) > 0.000001 * greatest(abs(reported_value), 1)
