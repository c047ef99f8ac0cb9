{#- Every customer: those of the customers table and those seen only in another table, with null attributes. -#}
{#- int_touched_customers compares them with those of the last build, so it is made first. -#}
{%- set made_before = ref("int_touched_customers") -%}
{%- set seen_in = [
    ref("int_subscription_states"),
    ref("stg_billing__invoices"),
    ref("stg_orders__orders"),
    ref("stg_product__product_usage"),
    ref("stg_product__onboarding_milestones"),
    ref("stg_support__support_tickets"),
    ref("stg_surveys__survey_responses"),
    ref("stg_marketing__campaign_contacts"),
] -%}

with seen_customers as (
    select customer_id from {{ ref("stg_crm__customers") }}
    {%- for relation in seen_in %}
    union
    select customer_id from {{ relation }}
    where customer_id is not null
    {%- endfor %}
)

select
    seen_customers.customer_id,
    customers.created_at,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    customers.owner,
    {{ keyed_hash("customers.email") }} as email_key
from seen_customers
left join {{ ref("stg_crm__customers") }} as customers
    on seen_customers.customer_id = customers.customer_id
