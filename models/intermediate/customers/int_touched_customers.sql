{#-
    Whom an increment recomputes: the customers that the touched subscriptions belong to, now or before, and those whose
    attributes are others, since every segment that they were counted in changes.
-#}
{%- set customers = ref("stg_crm__customers") -%}

select previous_customer_id as customer_id
from {{ ref("int_touched_subscriptions") }}
where previous_customer_id is not null
union
select states.customer_id
from {{ ref("int_subscription_states") }} as states
inner join {{ ref("int_touched_subscriptions") }} as touched
    on states.subscription_id = touched.subscription_id
{%- if is_increment() and rows_read("customers") != "none" %}
union
select coalesce(customers.customer_id, last_customers.customer_id) as customer_id
from {{ customers }} as customers
full outer join {{ api.Relation.create(target.database, "intermediate", "int_customers") }} as last_customers
    on customers.customer_id = last_customers.customer_id
where
    {%- for attribute in customer_attributes() %}
    (customers.{{ attribute }} is distinct from last_customers.{{ attribute }}) {{- " or" if not loop.last }}
    {%- endfor %}
{%- endif %}
