{#-
    The months of each cohort's life that are over, with the customers of the cohort who were there when the month began, and
    how they used the product in it. Customers come and go by sums of changes: no row per customer and month.
-#}
with joined_and_left as (
    select
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date) as cohort_start,
        cast({{ dbt.date_trunc("month", "changes.changed_on") }} as date) as month_start,
        {%- for attribute in customer_attributes() %}
        spells.{{ attribute }},
        {%- endfor %}
        sum(cast(changes.is_active as integer) - cast(changes.was_active as integer)) as customers_change,
        0 as customers_using,
        0 as days_used,
        0 as squares_of_days_used
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_first_spells") }} as spells
        on changes.customer_id = spells.customer_id
    group by
        {%- for attribute in customer_attributes() %}
        spells.{{ attribute }},
        {%- endfor %}
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date),
        cast({{ dbt.date_trunc("month", "changes.changed_on") }} as date)
    union all
    select
        cohort_start,
        month_start,
        {%- for attribute in customer_attributes() %}
        {{ attribute }},
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
)

select
    ages.cohort_start,
    ages.segment_type,
    ages.segment_value,
    ages.month_start,
    ages.period_number,
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
