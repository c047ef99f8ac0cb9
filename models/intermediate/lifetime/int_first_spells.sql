{#- One row per customer that ever was one: its first spell, from its first start to its first loss. -#}
select
    starts.customer_id,
    starts.changed_at as started_at,
    churns.churned_at,
    {%- for segment in attribute_segments() %}
    customers.{{ segment }},
    {%- endfor %}
    starts.plan_id
from {{ ref("int_customer_changes") }} as starts
inner join {{ ref("int_customers") }} as customers
    on starts.customer_id = customers.customer_id
left join {{ ref("int_churn_events") }} as churns
    on starts.customer_id = churns.customer_id and starts.changed_at = churns.became_customer_at
where starts.is_active and not starts.was_customer_before
