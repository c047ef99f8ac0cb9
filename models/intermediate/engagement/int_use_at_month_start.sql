{#-
    The customers of a month's start that used the product in the month before, counted by how often, and how much those
    used it who were still there when the month was over, and those who were not. The dormant ones are the rest of a
    segment's customers.
-#}
with months as (
    -- what use in one month says something about is the next one
    select
        *,
        {{ as_double("times_used") }} as times,
        cast({{ dbt.dateadd("month", 1, "month_start") }} as date) as period_start,
        cast({{ dbt.dateadd("month", 2, "month_start") }} as date) as period_end
    from {{ ref("int_engagement_months") }}
)

select
    months.engagement_frequency,
    months.period_start,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    starts.plan_id as plan,
    count(*) as customers_start,
    sum(case when ends.is_active then 0 else 1 end) as customers_churned
    {%- for side, condition in {"stayers": "ends.is_active", "leavers": "not ends.is_active"}.items() -%}
    ,
    sum(case when {{ condition }} then months.times else 0 end) as times_of_{{ side }},
    sum(case when {{ condition }} then months.times * months.times else 0 end) as squares_of_{{ side }}
    {%- endfor %}
from months
inner join {{ ref("int_customers") }} as customers
    on months.customer_id = customers.customer_id
-- what it was when the month began, and when it was over
inner join {{ ref("int_customer_changes") }} as starts
    on
        months.customer_id = starts.customer_id
        and months.period_start > starts.changed_on
        and coalesce(months.period_start <= starts.next_changed_on, true)
        and starts.is_active
inner join {{ ref("int_customer_changes") }} as ends
    on
        months.customer_id = ends.customer_id
        and months.period_end > ends.changed_on
        and coalesce(months.period_end <= ends.next_changed_on, true)
group by
    months.engagement_frequency,
    months.period_start,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    starts.plan_id
