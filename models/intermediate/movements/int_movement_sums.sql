{#-
    Movements counted by period, kind and segment, in one pass over them. All that the reports need of the customers:
    from here on the cost is that of the periods. A movement between plans is counted once, with the plans at both ends.

    An increment counts the touched customers only: what was stored of them is taken out, what they have now is added.
-#}
{%- set replaced = ref("int_movements_replaced") -%}
{%- set kind = ["movement_type", "churn_type", "reason_category", "reason_code"] -%}
{%- set plans = ["plan_id_start", "plan_id_end", "plan_id_inside"] -%}
{%- set amounts = ["mrr_start", "mrr_end", "mrr_lost"] -%}
{%- set counts = ["acquired", "lost", "returned"] -%}
{%- set wholes = [] -%}
{%- for grain in period_grains() %}{% do wholes.append("whole_" ~ grain) %}{% endfor -%}
{%- set keys = (wholes + kind) | join(", ") -%}
{%- set period_keys = "period_grain, period_start, segment_type, segment_value, " ~ (plans + kind) | join(", ") -%}

with grains as (
    {{ grain_rows() }}
),

counted as (
    select
        *,
        1 as sign
    from {{ ref("int_customer_movements") }}
    where {{ is_touched("customer_id", ref("int_touched_customers")) }}
    {%- if is_increment() %}
    union all
    select
        *,
        -1 as sign
    from {{ replaced }}
    {%- endif %}
),

by_whole_periods as (
    -- by the periods that a change is all of, before they are told apart: a fifth of the rows
    select
        {{ keys }},
        case
            {%- for segment in attribute_segments() %}
            when grouping({{ segment }}) = 0 then '{{ segment }}'
            {%- endfor %}
            when grouping(plan_id_inside) = 0 then 'plan'
            else 'all'
        end as segment_type,
        case
            {%- for segment in attribute_segments() %}
            when grouping({{ segment }}) = 0 then {{ segment }}
            {%- endfor %}
            when grouping(plan_id_inside) = 1 then 'all'
        end as segment_value,
        {{ plans | join(", ") }},
        {%- for amount in amounts %}
        sum(case when sign = 1 then {{ amount }} else -{{ amount }} end) as {{ amount }},
        {%- endfor %}
        sum(case when is_acquired then sign else 0 end) as acquired,
        sum(case when is_lost then sign else 0 end) as lost,
        sum(case when is_returned then sign else 0 end) as returned,
        sum(sign) as customers
    from counted
    {#- the linter's DuckDB does not know grouping sets #}
    group by grouping sets (  -- noqa: PRS
        ({{ keys }}),
        {%- for segment in attribute_segments() %}
        ({{ keys }}, {{ segment }}),
        {%- endfor %}
        ({{ keys }}, {{ plans | join(", ") }})
    )
),

by_period as (
    select
        by_whole_periods.*,
        grains.period_grain,
        {{ whole_period() }} as period_start
    from by_whole_periods
    cross join grains
),

sums as (
    select
        {{ period_keys }},
        {{ (amounts + counts) | join(", ") }},
        customers
    from by_period
    where period_start is not null
    {%- if is_increment() %}
    union all
    select
        {{ period_keys }},
        {{ (amounts + counts) | join(", ") }},
        customers
    from {{ this }}
    {%- endif %}
)

select
    {{ period_keys }},
    {%- for amount in amounts %}
    cast(sum({{ amount }}) as decimal(38, 6)) as {{ amount }},
    {%- endfor %}
    {%- for count in counts %}
    cast(sum({{ count }}) as bigint) as {{ count }},
    {%- endfor %}
    cast(sum(customers) as bigint) as customers
from sums
group by {{ period_keys }}
having sum(customers) <> 0
