{#- One row per customer that ever was one: its first spell, from its first start to its first loss. -#}
select
    starts.customer_id,
    starts.changed_at as started_at,
    starts.changed_on as started_on,
    {{ shown_time("churns.churned_at") }} as churned_at,
    churns.churn_type,
    {{ whole_days("starts.changed_at", "coalesce(churns.churned_at, moment.as_of)") }} as tenure_days,
    churns.churned_at is not null as is_lost,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    starts.plan_id
from {{ ref("int_customer_changes") }} as starts
inner join {{ ref("int_customers") }} as customers
    on starts.customer_id = customers.customer_id
left join {{ ref("int_churn_events") }} as churns
    on starts.customer_id = churns.customer_id and starts.changed_at = churns.became_customer_at
cross join {{ ref("int_report_moment") }} as moment
where starts.is_active and not starts.was_customer_before
