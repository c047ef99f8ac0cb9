with months as (
    -- a part of a month cannot be held against a whole one
    select
        *,
        cast(extract(month from period_start) as integer) as calendar_month
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'month' and is_complete_period
),

compared as (
    -- months have no gaps, so of one calendar month the row before is the year before
    select
        *,
        lag(customers_start) over in_years as customers_start_year_before,
        lag(customers_churned) over in_years as customers_churned_year_before,
        sum(customers_start) over of_calendar_month as customers_start_of_calendar_month,
        sum(customers_churned) over of_calendar_month as customers_churned_of_calendar_month,
        sum(customers_start) over of_segment as customers_start_of_segment,
        sum(customers_churned) over of_segment as customers_churned_of_segment
    from months
    window
        in_years as (partition by segment_type, segment_value, calendar_month order by period_start),
        of_calendar_month as (partition by segment_type, segment_value, calendar_month),
        of_segment as (partition by segment_type, segment_value)
),

rates as (
    select
        *,
        {{ ratio("customers_churned", "customers_start") }} as churn_rate,
        {{ ratio("customers_churned_year_before", "customers_start_year_before") }} as churn_rate_year_before,
        {{ ratio("customers_churned_of_calendar_month", "customers_start_of_calendar_month") }} as calendar_month_churn_rate,
        {{ ratio("customers_churned_of_segment", "customers_start_of_segment") }} as segment_churn_rate
    from compared
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        calendar_month,
        customers_start,
        customers_churned,
        churn_rate,
        {{ wilson("customers_churned", "customers_start", "lower") }} as churn_rate_lower,
        {{ wilson("customers_churned", "customers_start", "upper") }} as churn_rate_upper,
        customers_start_year_before,
        customers_churned_year_before,
        churn_rate_year_before,
        churn_rate - churn_rate_year_before as churn_rate_change,
        calendar_month_churn_rate,
        {{ ratio("calendar_month_churn_rate", "segment_churn_rate") }} as seasonal_index
    from rates
)

select * from final
