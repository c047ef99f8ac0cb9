{#- How many days customers used the product in a month, of those who were customers when it began, by month of joining. -#}
select
    cast({{ dbt.date_trunc("month", "spells.started_on") }} as date) as cohort_start,
    months.month_start,
    {%- for attribute in customer_attributes() %}
    spells.{{ attribute }},
    {%- endfor %}
    count(*) as customers_using,
    sum(months.days_used) as days_used,
    sum(months.days_used * months.days_used) as squares_of_days_used
from {{ ref("int_engagement_months") }} as months
inner join {{ ref("int_first_spells") }} as spells
    on months.customer_id = spells.customer_id
inner join {{ ref("int_customer_changes") }} as starts
    on
        months.customer_id = starts.customer_id
        and months.month_start > starts.changed_on
        and coalesce(months.month_start <= starts.next_changed_on, true)
        and starts.is_active
group by
    {%- for attribute in customer_attributes() %}
    spells.{{ attribute }},
    {%- endfor %}
    cast({{ dbt.date_trunc("month", "spells.started_on") }} as date),
    months.month_start
