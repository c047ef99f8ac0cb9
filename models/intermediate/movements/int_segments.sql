{#- Every segment, the day of its first customer, from which its reports run, and how many customers it ever had. -#}
{%- set joined = "count(case when not was_customer_before then 1 end)" -%}
with active_changes as (
    select
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        changes.customer_id,
        changes.plan_id,
        changes.changed_on,
        changes.was_customer_before
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_customers") }} as customers
        on changes.customer_id = customers.customer_id
    where changes.is_active
)

select
    'all' as segment_type,
    'all' as segment_value,
    min(changed_on) as first_customer_on,
    {{ joined }} as customers
from active_changes
having count(*) > 0
{#- an attribute is the same for ever, plans have customers in common -#}
{%- for segment in attribute_segments() + ["plan"] %}
union all
select
    '{{ segment }}' as segment_type,
    {{ segment_value("plan_id" if segment == "plan" else segment) }} as segment_value,
    min(changed_on) as first_customer_on,
    {{ "count(distinct customer_id)" if segment == "plan" else joined }} as customers
from active_changes
group by segment_value
{%- endfor %}
