{#-
    Every segment that a subscription was active in, the day of the first one, from which its reports run, and whether it
    has no rows of its own by day and week: int_other_segments says why. Large is what most subscriptions had.
-#}
{%- set began = "count(case when not was_active_before then 1 end)" -%}
with active_changes as (
    select
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        changes.subscription_id,
        changes.plan_id,
        changes.changed_on,
        changes.was_active_before
    from {{ ref("int_subscription_changes") }} as changes
    inner join {{ ref("int_customers") }} as customers
        on changes.customer_id = customers.customer_id
    where changes.is_active
),

segments as (
    select
        'all' as segment_type,
        'all' as segment_value,
        min(changed_on) as first_subscription_on,
        {{ began }} as subscriptions
    from active_changes
    having count(*) > 0
    {#- the customer's attribute is the same for ever, plans have subscriptions in common -#}
    {%- for segment in attribute_segments() + ["plan"] %}
    union all
    select
        '{{ segment }}' as segment_type,
        {{ segment_value("plan_id" if segment == "plan" else segment) }} as segment_value,
        min(changed_on) as first_subscription_on,
        {{ "count(distinct subscription_id)" if segment == "plan" else began }} as subscriptions
    from active_changes
    group by segment_value
    {%- endfor %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by segment_type
            order by case when segment_value = {{ other_segments() }} then 1 else 0 end, subscriptions desc, segment_value
        ) as size_rank
    from segments
)

select
    segment_type,
    segment_value,
    first_subscription_on,
    cast(subscriptions as bigint) as subscriptions,
    size_rank > {{ var("largest_segment_values") }} as is_small
from ranked
