with cut as (
    select
        {{ dbt.date_trunc("month", dbt.dateadd("month", "-cast(window_of_test.value as integer)", "moment.as_of_on")) }} as cut_month,
        cast(window_of_test.value as integer) as months,
        cast(clv_window.value as integer) as months_before
    from {{ ref("int_report_moment") }} as moment
    inner join {{ ref("thresholds") }} as window_of_test
        on window_of_test.threshold = 'clv_backtest_months'
    inner join {{ ref("thresholds") }} as clv_window
        on clv_window.threshold = 'clv_window_months'
),

churn_before as (
    -- what the formulas would have used on that day
    select
        months.segment_type,
        months.segment_value,
        {{ ratio("sum(months.customers_churned)", "sum(months.customers_start)") }} as monthly_churn_rate
    from {{ ref("fct_segment_periods") }} as months
    cross join cut
    where
        months.period_grain = 'month'
        and months.period_start < cut.cut_month
        and months.period_start >= {{ dbt.dateadd("month", "-cut.months_before", "cut.cut_month") }}
    group by months.segment_type, months.segment_value
),

by_age as (
    -- the customers of that day, by the renewals they had passed, and each month since
    select
        counts.segment_type,
        counts.segment_value,
        later.age_months - counts.renewals as months_ahead,
        earlier.customers as customers_fitted,
        earlier.fallback_segment_value,
        earlier.fit_note,
        counts.customers,
        counts.customers * {{ ratio("later.survival", "earlier.survival") }} as kept_sbg,
        counts.customers * {{ ratio("later.empirical_survival", "earlier.empirical_survival") }} as kept_curve,
        case when counts.months_kept_after >= later.age_months - counts.renewals then counts.customers else 0 end as kept
    from {{ ref("int_tenure_counts") }} as counts
    cross join cut
    inner join {{ ref("int_lifetimes") }} as earlier
        on
            counts.is_backtest = earlier.is_backtest
            and counts.segment_type = earlier.segment_type
            and counts.segment_value = earlier.segment_value
            and counts.renewals = earlier.age_months
    inner join {{ ref("int_lifetimes") }} as later
        on
            earlier.is_backtest = later.is_backtest
            and earlier.segment_type = later.segment_type
            and earlier.segment_value = later.segment_value
            and earlier.age_months < later.age_months
            and earlier.age_months + cut.months >= later.age_months
    where counts.is_backtest and not counts.is_lost
),

sums as (
    select
        segment_type,
        segment_value,
        months_ahead,
        customers_fitted,
        fallback_segment_value,
        fit_note,
        sum(customers) as customers_at_cut,
        sum(kept_sbg) as kept_sbg,
        sum(kept_curve) as kept_curve,
        sum(kept) as customers_kept
    from by_age
    group by segment_type, segment_value, months_ahead, customers_fitted, fallback_segment_value, fit_note
),

rates as (
    select
        sums.*,
        {{ ratio("sums.customers_kept", "sums.customers_at_cut") }} as kept_rate,
        {{ wilson("sums.customers_kept", "sums.customers_at_cut", "lower") }} as kept_rate_lower,
        {{ wilson("sums.customers_kept", "sums.customers_at_cut", "upper") }} as kept_rate_upper,
        {{ ratio("sums.kept_sbg", "sums.customers_at_cut") }} as kept_rate_sbg,
        {{ ratio("sums.kept_curve", "sums.customers_at_cut") }} as kept_rate_curve,
        power(1 - churn_before.monthly_churn_rate, sums.months_ahead) as kept_rate_formula
    from sums
    left join churn_before
        on sums.segment_type = churn_before.segment_type and sums.segment_value = churn_before.segment_value
),

final as (
    select
        segment_type,
        segment_value,
        cast(months_ahead as integer) as months_ahead,
        cast(customers_fitted as bigint) as customers_fitted,
        cast(customers_at_cut as bigint) as customers_at_cut,
        cast(customers_kept as bigint) as customers_kept,
        kept_rate,
        kept_rate_lower,
        kept_rate_upper,
        {%- for forecast in ["sbg", "curve", "formula"] %}
        kept_rate_{{ forecast }},
        kept_rate_{{ forecast }} - kept_rate as error_{{ forecast }},
        {%- endfor %}
        fallback_segment_value,
        fit_note
    from rates
)

select * from final
