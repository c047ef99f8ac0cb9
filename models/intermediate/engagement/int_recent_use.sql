{#- How todays customers used the product in each of the last three months that are over. -#}
with customers as (
    select
        changes.customer_id,
        {%- for months in [1, 2, 3] %}
        cast({{ dbt.dateadd("month", -months, dbt.date_trunc("month", "moment.as_of_on")) }} as date) as month_{{ months }},
        {%- endfor %}
        {{ reporting_date("changes.became_customer_at") }} as customer_since
    from {{ ref("int_customer_changes") }} as changes
    cross join {{ ref("int_report_moment") }} as moment
    where changes.next_changed_at is null and changes.is_active
),

-- a month in which nobody's use is recorded tells nobody apart
months_with_use as (
    select distinct month_start from {{ ref("int_engagement_months") }}
),

use as (
    select
        customers.customer_id,
        {%- for number in [1, 2, 3] %}
        max(case when months.month_start = customers.month_{{ number }} then months.engagement_frequency end)
            as frequency_{{ number }},
        {%- endfor %}
        sum(
            case when months.month_start between customers.month_3 and customers.month_1 then months.days_used else 0 end
        ) as days_used,
        max(months.last_used_on) as last_used_on
    from customers
    inner join {{ ref("int_engagement_months") }} as months
        on customers.customer_id = months.customer_id
    group by customers.customer_id
)

select
    customers.customer_id,
    customers.month_3 as since_month,
    {%- for number in [1, 2, 3] %}
    -- who was no customer when the month began has no whole one to be judged by
    case
        when customers.customer_since <= customers.month_{{ number }} and months_{{ number }}.month_start is not null
            then coalesce(use.frequency_{{ number }}, 'dormant')
    end as frequency_{{ number }},
    {%- endfor %}
    coalesce(use.days_used, 0) as days_used,
    use.last_used_on
from customers
left join use
    on customers.customer_id = use.customer_id
{%- for number in [1, 2, 3] %}
left join months_with_use as months_{{ number }}
    on customers.month_{{ number }} = months_{{ number }}.month_start
{%- endfor %}
