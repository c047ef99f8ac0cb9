{#-
    Customers of a month's start by how often they used the product in the month before. Counted are those who did; the
    dormant ones are the rest of the segment's customers.
-#}
with users_by_segment as (
    {{ in_segments(ref("int_use_at_month_start")) }}
),

counted as (
    select
        period_start,
        segment_type,
        segment_value,
        engagement_frequency,
        sum(customers_start) as customers_start,
        sum(customers_churned) as customers_churned
    from users_by_segment
    group by period_start, segment_type, segment_value, engagement_frequency
),

used as (
    select
        period_start,
        segment_type,
        segment_value,
        sum(customers_start) as customers_start,
        sum(customers_churned) as customers_churned
    from counted
    group by period_start, segment_type, segment_value
),

months_with_use as (
    select distinct period_start from used
),

frequencies as (
    select * from counted
    union all
    select
        periods.period_start,
        periods.segment_type,
        periods.segment_value,
        'dormant' as engagement_frequency,
        periods.customers_start - coalesce(used.customers_start, 0) as customers_start,
        periods.customers_churned - coalesce(used.customers_churned, 0) as customers_churned
    from {{ ref("fct_segment_periods") }} as periods
    -- without any use the month before there is nothing to tell customers apart by
    inner join months_with_use
        on periods.period_start = months_with_use.period_start
    left join used
        on
            periods.period_start = used.period_start
            and periods.segment_type = used.segment_type
            and periods.segment_value = used.segment_value
    where periods.period_grain = 'month'
),

final as (
    select
        periods.period_grain,
        frequencies.period_start,
        periods.period_end,
        periods.is_complete_period,
        frequencies.segment_type,
        frequencies.segment_value,
        frequencies.engagement_frequency,
        cast(frequencies.customers_start as bigint) as customers_start,
        cast(frequencies.customers_churned as bigint) as customers_churned,
        {{ ratio("frequencies.customers_churned", "frequencies.customers_start") }} as churn_rate,
        {{ wilson("frequencies.customers_churned", "frequencies.customers_start", "lower") }} as churn_rate_lower,
        {{ wilson("frequencies.customers_churned", "frequencies.customers_start", "upper") }} as churn_rate_upper
    from frequencies
    inner join {{ ref("int_periods") }} as periods
        on frequencies.period_start = periods.period_start and periods.period_grain = 'month'
    where periods.is_complete_period and frequencies.customers_start > 0
)

select * from final
