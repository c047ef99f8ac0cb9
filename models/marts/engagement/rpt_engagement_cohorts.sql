{#- A quarter before: months of one quarter differ by season less than by much else. -#}
{%- set months_before = 3 -%}
with joined_and_left as (
    select
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date) as cohort_start,
        cast({{ dbt.date_trunc("month", "changes.changed_on") }} as date) as month_start,
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        sum(cast(changes.is_active as integer) - cast(changes.was_active as integer)) as customers_change,
        0 as customers_using,
        0 as days_used,
        0 as squares_of_days_used
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_first_spells") }} as spells
        on changes.customer_id = spells.customer_id
    group by
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date),
        cast({{ dbt.date_trunc("month", "changes.changed_on") }} as date)
    union all
    select
        cohort_start,
        month_start,
        {%- for segment in attribute_segments() %}
        {{ segment }},
        {%- endfor %}
        0 as customers_change,
        customers_using,
        days_used,
        squares_of_days_used
    from {{ ref("int_cohort_use") }}
),

by_segment as (
    {{ in_segments("joined_and_left", plan=false) }}
),

sums as (
    select
        cohort_start,
        month_start,
        segment_type,
        segment_value,
        sum(customers_change) as customers_change,
        sum(customers_using) as customers_using,
        sum(days_used) as days_used,
        sum(squares_of_days_used) as squares_of_days_used
    from by_segment
    group by cohort_start, month_start, segment_type, segment_value
),

cohorts as (
    select
        cohort_start,
        segment_type,
        segment_value
    from sums
    group by cohort_start, segment_type, segment_value
),

months as (
    select
        period_start as month_start,
        is_complete_period,
        row_number() over (order by period_start) as month_number
    from {{ ref("int_periods") }}
    where period_grain = 'month'
),

ages as (
    select
        cohorts.*,
        months.month_start,
        months.month_number - first_months.month_number as period_number
    from cohorts
    inner join months as first_months
        on cohorts.cohort_start = first_months.month_start
    cross join months
    where months.month_number >= first_months.month_number and months.is_complete_period
),

running as (
    select
        ages.*,
        -- who was there when the month began: all changes of the months before it
        sum(coalesce(sums.customers_change, 0)) over until_here - coalesce(sums.customers_change, 0) as customers_start,
        coalesce(sums.customers_using, 0) as customers_using,
        coalesce(sums.days_used, 0) as days_used,
        coalesce(sums.squares_of_days_used, 0) as squares_of_days_used
    from ages
    left join sums
        on
            ages.cohort_start = sums.cohort_start
            and ages.month_start = sums.month_start
            and ages.segment_type = sums.segment_type
            and ages.segment_value = sums.segment_value
    window until_here as (
        partition by ages.cohort_start, ages.segment_type, ages.segment_value
        order by ages.period_number rows unbounded preceding
    )
),

recorded as (
    select min(month_start) as first_month from {{ ref("int_cohort_use") }}
),

means as (
    select
        running.*,
        {{ ratio("running.days_used", "running.customers_start") }} as days_per_customer,
        -- rounding may leave a little below 0
        greatest(
            (
                {{ as_double("running.squares_of_days_used") }}
                - {{ ratio("running.days_used * running.days_used", "running.customers_start") }}
            )
            / nullif({{ as_double("running.customers_start - 1") }} * {{ as_double("running.customers_start") }}, 0), 0
        ) as variance
    from running
    inner join recorded
        on running.month_start >= recorded.first_month
    where running.period_number > 0
),

differences as (
    select
        means.*,
        means.days_per_customer - lag(means.days_per_customer, {{ months_before }}) over in_time as change,
        case
            when
                means.customers_start >= enough.value
                and lag(means.customers_start, {{ months_before }}) over in_time >= enough.value
                then 1.959963984540054e0 * sqrt(means.variance + lag(means.variance, {{ months_before }}) over in_time)
        end as margin
    from means
    inner join {{ ref("thresholds") }} as enough
        on enough.threshold = 'engagement_cohort_least_customers'
    window in_time as (
        partition by means.cohort_start, means.segment_type, means.segment_value order by means.period_number
    )
),

final as (
    select
        cohort_start,
        segment_type,
        segment_value,
        cast(period_number as integer) as period_number,
        month_start,
        cast(customers_start as bigint) as customers_start,
        cast(customers_using as bigint) as customers_using,
        {{ ratio("customers_using", "customers_start") }} as using_rate,
        {{ wilson("customers_using", "customers_start", "lower") }} as using_rate_lower,
        {{ wilson("customers_using", "customers_start", "upper") }} as using_rate_upper,
        cast(days_used as bigint) as days_used,
        days_per_customer,
        change,
        change - margin as change_lower,
        change + margin as change_upper,
        change + margin < 0 as is_declining
    from differences
    where customers_start > 0
)

select * from final
