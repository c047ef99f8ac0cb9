-- What: the dormant customers of the last month of rpt_churn_by_engagement, counted one by one: customers when it began who
--       had used nothing in the month before, and those of them who were gone when it ended. The report counts those who
--       used the product, and takes the others to be the rest.
-- When it fails: the report counts a user who was no customer when the month began, or in the wrong month.
{% set boundaries = ["period_start", "period_end"] -%}
with last_month as (
    select
        max(period_start) as period_start,
        max(period_end) as period_end
    from {{ ref("rpt_churn_by_engagement") }}
),

{%- for boundary in boundaries %}

customers_at_{{ boundary }} as (
    select distinct states.customer_id
    from {{ ref("int_subscription_states") }} as states
    inner join last_month
        on
            {{ reporting_date("states.valid_from") }} < last_month.{{ boundary }}
            and coalesce({{ reporting_date("states.valid_to") }} >= last_month.{{ boundary }}, true)
    where states.is_active
),
{%- endfor %}

users as (
    select distinct usage.customer_id
    from {{ ref("stg_product__product_usage") }} as usage
    inner join last_month
        on
            usage.used_on >= {{ dbt.dateadd("month", -1, "last_month.period_start") }}
            and usage.used_on < last_month.period_start
    where usage.usage_count > 0
),

dormant as (
    select
        count(*) as customers_start,
        count(*) - count(kept.customer_id) as customers_churned
    from customers_at_period_start as customers
    left join customers_at_period_end as kept
        on customers.customer_id = kept.customer_id
    left join users
        on customers.customer_id = users.customer_id
    where users.customer_id is null
),

reported as (
    select
        coalesce(sum(report.customers_start), 0) as customers_start,
        coalesce(sum(report.customers_churned), 0) as customers_churned
    from {{ ref("rpt_churn_by_engagement") }} as report
    inner join last_month
        on report.period_start = last_month.period_start
    where report.segment_type = 'all' and report.engagement_frequency = 'dormant'
)

select
    dormant.*,
    reported.customers_start as customers_start_reported,
    reported.customers_churned as customers_churned_reported
from dormant
cross join reported
where
    dormant.customers_start <> reported.customers_start
    or dormant.customers_churned <> reported.customers_churned
