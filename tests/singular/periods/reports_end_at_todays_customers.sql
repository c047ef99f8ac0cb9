-- What: the last period of every segment ends with the customers, plans and MRR of dim_customers, which does not go
--       through the periods.
-- When it fails: the periods and the customers disagree about who is a customer customers_now.
{% set segments = attribute_segments() -%}
with customers as (
    select
        {%- for segment in segments %}
        attributes.{{ segment }},
        {%- endfor %}
        customers.current_plan_id,
        customers.current_mrr
    from {{ ref("dim_customers") }} as customers
    inner join {{ ref("int_customers") }} as attributes
        on customers.customer_id = attributes.customer_id
    where customers.current_status in ('active', 'past_due', 'paused')
),

customers_now as (
    select
        'all' as segment_type,
        'all' as segment_value,
        count(*) as customers,
        sum(current_mrr) as mrr
    from customers
    {%- for segment in segments + ["plan"] %}
    union all
    select
        '{{ segment }}' as segment_type,
        {{ segment_value("current_plan_id" if segment == "plan" else segment) }} as segment_value,
        count(*) as customers,
        sum(current_mrr) as mrr
    from customers
    group by segment_value
    {%- endfor %}
),

grains as (
    {{ grain_rows() }}
),

customers_by_grain as (
    select
        customers_now.*,
        grains.period_grain
    from customers_now
    cross join grains
),

customers_reported as (
    select
        period_grain,
        segment_type,
        reported_value,
        sum(customers) as customers,
        sum(mrr) as mrr
    from ({{ as_reported("customers_by_grain") }}) as reported
    group by period_grain, segment_type, reported_value
),

last_periods as (
    select * from {{ ref("fct_segment_periods") }}
    where not is_complete_period
)

select
    last_periods.*,
    customers_reported.customers as customers_now,
    customers_reported.mrr as mrr_now
from last_periods
left join customers_reported
    on
        last_periods.period_grain = customers_reported.period_grain
        and last_periods.segment_type = customers_reported.segment_type
        and last_periods.segment_value = customers_reported.reported_value
where
    last_periods.customers_end <> coalesce(customers_reported.customers, 0)
    or last_periods.mrr_end <> coalesce(customers_reported.mrr, 0)
