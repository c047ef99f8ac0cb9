{#- [definition, numerator, denominator]: what the market calls churn rate, side by side -#}
{%- set definitions = [
    ("start_cohort", "customers_churned", "customers_start"),
    ("starters_lost", "customers_churned + customers_left_and_returned", "customers_start"),
    ("all_lost", "customers_lost", "customers_start"),
    ("start_plus_new", "customers_lost", "customers_start + customers_acquired"),
    ("midpoint", "customers_lost", "(customers_start + customers_end) / 2.0"),
    ("net_of_returns", "customers_lost - customers_returned", "customers_start"),
    ("net_change", "customers_start - customers_end", "customers_start"),
] -%}

with periods as (
    select * from {{ ref("fct_segment_periods") }}
    where segment_type = 'all'
),

daily_sums as (
    select
        calendar.period_grain,
        calendar.period_start,
        sum(days.customers_lost) as customers_lost,
        sum({{ ratio("days.customers_lost", "days.customers_start") }}) as churn_rate
    from periods as days
    inner join {{ ref("int_calendar_periods") }} as calendar
        on days.period_start = calendar.date_day
    where days.period_grain = 'day'
    group by calendar.period_grain, calendar.period_start
),

final as (
    {%- for definition, numerator, denominator in definitions %}
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        '{{ definition }}' as definition,
        {{ as_double(numerator) }} as numerator,
        {{ as_double(denominator) }} as denominator,
        {{ ratio(numerator, denominator) }} as churn_rate
    from periods
    union all
    {%- endfor %}
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        'daily_sum' as definition,
        {{ as_double("daily_sums.customers_lost") }} as numerator,
        {{ as_double("null") }} as denominator,
        daily_sums.churn_rate
    from periods
    inner join daily_sums
        on periods.period_grain = daily_sums.period_grain and periods.period_start = daily_sums.period_start
)

select * from final
