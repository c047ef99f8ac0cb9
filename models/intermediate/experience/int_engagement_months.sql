{#- How often a customer used the product in a month, where it did; who has no row was dormant. -#}
with months as (
    select
        usage.customer_id,
        days.month_start,
        count(distinct usage.used_on) as days_used
    from {{ ref("stg_product__product_usage") }} as usage
    inner join {{ ref("int_calendar_days") }} as days
        on usage.used_on = days.date_day
    inner join {{ ref("int_report_moment") }} as moment
        on usage.used_on <= moment.as_of_on
    where usage.usage_count > 0
    group by usage.customer_id, days.month_start
)

select
    months.customer_id,
    months.month_start,
    months.days_used,
    case
        when months.days_used >= daily.value then 'daily'
        when months.days_used >= weekly.value then 'weekly'
        else 'monthly'
    end as engagement_frequency
from months
inner join {{ ref("thresholds") }} as daily
    on daily.threshold = 'engagement_daily_days'
inner join {{ ref("thresholds") }} as weekly
    on weekly.threshold = 'engagement_weekly_days'
