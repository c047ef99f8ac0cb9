{#-
    Do those who stay use the product more than those who leave? Of the customers of a month's start, in the month before;
    who did not use it is there with 0. Quarters and years are the sums of their months.
-#}
with used as (
    {{ in_segments(ref("int_use_at_month_start")) }}
),

sums as (
    select
        period_start,
        segment_type,
        segment_value,
        sum(times_of_stayers) as times_of_stayers,
        sum(squares_of_stayers) as squares_of_stayers,
        sum(times_of_leavers) as times_of_leavers,
        sum(squares_of_leavers) as squares_of_leavers
    from used
    group by period_start, segment_type, segment_value
),

months_with_use as (
    select distinct period_start from sums
),

months as (
    select
        periods.period_start,
        periods.segment_type,
        periods.segment_value,
        periods.customers_start - periods.customers_churned as stayers,
        periods.customers_churned as leavers,
        coalesce(sums.times_of_stayers, 0) as times_of_stayers,
        coalesce(sums.squares_of_stayers, 0) as squares_of_stayers,
        coalesce(sums.times_of_leavers, 0) as times_of_leavers,
        coalesce(sums.squares_of_leavers, 0) as squares_of_leavers
    from {{ ref("fct_segment_periods") }} as periods
    inner join months_with_use
        on periods.period_start = months_with_use.period_start
    left join sums
        on
            periods.period_start = sums.period_start
            and periods.segment_type = sums.segment_type
            and periods.segment_value = sums.segment_value
    where periods.period_grain = 'month' and periods.is_complete_period and periods.customers_start > 0
),

by_period as (
    select
        calendar.period_grain,
        calendar.period_start,
        months.segment_type,
        months.segment_value,
        sum(months.stayers) as stayers,
        sum(months.leavers) as leavers,
        sum(months.times_of_stayers) as times_of_stayers,
        sum(months.squares_of_stayers) as squares_of_stayers,
        sum(months.times_of_leavers) as times_of_leavers,
        sum(months.squares_of_leavers) as squares_of_leavers
    from months
    inner join {{ ref("int_calendar_periods") }} as calendar
        on months.period_start = calendar.date_day and calendar.period_grain in ('{{ cell_grains() | join("', '") }}')
    group by calendar.period_grain, calendar.period_start, months.segment_type, months.segment_value
),

means as (
    select
        *,
        {{ ratio("times_of_stayers", "stayers") }} as mean_of_stayers,
        {{ variance_of_mean("times_of_stayers", "squares_of_stayers", "stayers") }} as variance_of_stayers,
        {{ ratio("times_of_leavers", "leavers") }} as mean_of_leavers,
        {{ variance_of_mean("times_of_leavers", "squares_of_leavers", "leavers") }} as variance_of_leavers
    from by_period
),

differences as (
    select
        means.*,
        means.mean_of_stayers - means.mean_of_leavers as difference,
        case
            when means.leavers >= enough.value and means.stayers >= enough.value
                then 1.959963984540054e0 * sqrt(means.variance_of_stayers + means.variance_of_leavers)
        end as margin
    from means
    inner join {{ ref("thresholds") }} as enough
        on enough.threshold = 'usage_of_leavers_least_customers'
),

final as (
    select
        differences.period_grain,
        differences.period_start,
        periods.period_end,
        periods.is_complete_period,
        differences.segment_type,
        differences.segment_value,
        cast(differences.stayers as bigint) as stayers,
        cast(differences.leavers as bigint) as leavers,
        differences.mean_of_stayers as times_used_by_stayers,
        differences.mean_of_leavers as times_used_by_leavers,
        differences.difference,
        differences.difference - differences.margin as difference_lower,
        differences.difference + differences.margin as difference_upper,
        case
            when differences.difference > differences.margin then 'stayers_use_more'
            when differences.difference < -differences.margin then 'leavers_use_more'
            when differences.margin >= 0 then 'no_clear_difference'
        end as verdict
    from differences
    inner join {{ ref("int_periods") }} as periods
        on differences.period_grain = periods.period_grain and differences.period_start = periods.period_start
)

select * from final
