{#-
    How the use of a cohort changed against a quarter before, among those who are still customers.
-#}
{#- A quarter before: months of one quarter differ by season less than by much else. -#}
{%- set months_before = 3 -%}
with recorded as (
    select min(month_start) as first_month from {{ ref("int_cohort_use") }}
),

means as (
    select
        cohorts.*,
        {{ ratio("cohorts.days_used", "cohorts.customers_start") }} as days_per_customer,
        {{ variance_of_mean("cohorts.days_used", "cohorts.squares_of_days_used", "cohorts.customers_start") }} as variance
    from {{ ref("int_cohort_months") }} as cohorts
    inner join recorded
        on cohorts.month_start >= recorded.first_month
    where cohorts.period_number > 0
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
)

select
    cohort_start,
    segment_type,
    segment_value,
    period_number,
    month_start,
    customers_start,
    customers_using,
    days_used,
    days_per_customer,
    change,
    change - margin as change_lower,
    change + margin as change_upper,
    change + margin < 0 as is_declining
from differences
where customers_start > 0
