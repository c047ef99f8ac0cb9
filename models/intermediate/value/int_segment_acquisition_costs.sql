{%- set segments = attribute_segments() -%}

with joined as (
    select
        costs.joined_month,
        costs.acquisition_cost,
        {%- for segment in segments %}
        {{ segment_value("customers." ~ segment) }} as {{ segment }},
        {%- endfor %}
        {{ segment_value("changes.plan_id") }} as plan
    from {{ ref("int_acquisition_costs") }} as costs
    inner join {{ ref("int_customers") }} as customers on costs.customer_id = customers.customer_id
    inner join {{ ref("int_customer_changes") }} as changes
        on costs.customer_id = changes.customer_id and changes.is_active and not changes.was_customer_before
    where costs.acquisition_cost is not null
),

final as (
    {%- for segment in ["all"] + segments + ["plan"] %}
    select
        '{{ segment }}' as segment_type,
        {{ "'all'" if segment == "all" else segment }} as segment_value,
        joined_month,
        sum(acquisition_cost) as acquisition_cost,
        count(*) as customers
    from joined
    group by {{ "joined_month" if segment == "all" else segment ~ ", joined_month" }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select * from final
