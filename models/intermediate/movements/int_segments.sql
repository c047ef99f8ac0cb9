{#- Every segment and the day of its first customer: its reports run from there. -#}
with active_changes as (
    select
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        changes.plan_id,
        changes.changed_on
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_customers") }} as customers
        on changes.customer_id = customers.customer_id
    where changes.is_active
)

select
    'all' as segment_type,
    'all' as segment_value,
    min(changed_on) as first_customer_on
from active_changes
having count(*) > 0
{%- for segment in attribute_segments() + ["plan"] %}
union all
select
    '{{ segment }}' as segment_type,
    {{ segment_value("plan_id" if segment == "plan" else segment) }} as segment_value,
    min(changed_on) as first_customer_on
from active_changes
group by segment_value
{%- endfor %}
