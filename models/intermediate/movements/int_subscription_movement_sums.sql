{#-
    Movements of subscriptions counted by period, kind and segment, as int_movement_sums counts those of customers, and by
    day and week the small segments together.
-#}
{%- set kind = ["movement_type", "churn_type", "reason_category", "reason_code", "is_replaced"] -%}
{%- set plans = ["plan_id_start", "plan_id_end", "plan_id_inside"] -%}
{%- set products = ["event_product_id_start", "event_product_id_end"] -%}
{%- set amounts = ["mrr_start", "mrr_end", "mrr_lost"] -%}
{%- set wholes = [] -%}
{%- for grain in period_grains() %}{% do wholes.append("whole_" ~ grain) %}{% endfor -%}
{%- set keys = (wholes + kind) | join(", ") -%}
{%- set period_keys = (["period_grain", "period_start", "segment_type", "segment_value"] + plans + products + kind) | join(", ") -%}

with grains as (
    {{ grain_rows() }}
),

by_whole_periods as (
    -- by the periods that a change is all of, before they are told apart
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
        {{ (plans + products) | join(", ") }},
        {%- for amount in amounts %}
        sum({{ amount }}) as {{ amount }},
        {%- endfor %}
        sum(case when is_acquired then 1 else 0 end) as acquired,
        count(*) as subscriptions
    from {{ ref("int_subscription_movements") }}
    {#- the linter's DuckDB does not know grouping sets #}
    group by grouping sets (  -- noqa: PRS
        ({{ keys }}),
        {%- for segment in attribute_segments() %}
        ({{ keys }}, {{ segment }}),
        {%- endfor %}
        ({{ keys }}, {{ (plans + products) | join(", ") }})
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

small_segments as (
    select
        grains.period_grain,
        segments.segment_type,
        segments.segment_value
    from {{ ref("int_subscription_segments") }} as segments
    cross join grains
    where segments.is_small and grains.period_grain in ('{{ fine_grains() | join("', '") }}')
),

reported as (
    select
        by_period.period_grain,
        by_period.period_start,
        by_period.segment_type,
        {{ reported_value("by_period.segment_value", "small_values") }} as segment_value,
        {{ reported_value("by_period.plan_id_start", "small_starts") }} as plan_id_start,
        {{ reported_value("by_period.plan_id_end", "small_ends") }} as plan_id_end,
        {{ reported_value("by_period.plan_id_inside", "small_insides") }} as plan_id_inside,
        {%- for product in products %}
        by_period.{{ product }},
        {%- endfor %}
        by_period.movement_type,
        by_period.churn_type,
        by_period.reason_category,
        by_period.reason_code,
        by_period.is_replaced,
        by_period.mrr_start,
        by_period.mrr_end,
        by_period.mrr_lost,
        by_period.acquired,
        by_period.subscriptions
    from by_period
    left join small_segments as small_values
        on
            by_period.period_grain = small_values.period_grain
            and by_period.segment_type = small_values.segment_type
            and by_period.segment_value = small_values.segment_value
    left join small_segments as small_starts
        on
            by_period.period_grain = small_starts.period_grain
            and by_period.segment_type = small_starts.segment_type
            and by_period.plan_id_start = small_starts.segment_value
    left join small_segments as small_ends
        on
            by_period.period_grain = small_ends.period_grain
            and by_period.segment_type = small_ends.segment_type
            and by_period.plan_id_end = small_ends.segment_value
    left join small_segments as small_insides
        on
            by_period.period_grain = small_insides.period_grain
            and by_period.segment_type = small_insides.segment_type
            and by_period.plan_id_inside = small_insides.segment_value
    where by_period.period_start is not null
)

select
    {{ period_keys }},
    {%- for amount in amounts %}
    cast(sum({{ amount }}) as decimal(38, 6)) as {{ amount }},
    {%- endfor %}
    cast(sum(acquired) as bigint) as acquired,
    cast(sum(subscriptions) as bigint) as subscriptions
from reported
-- what goes from one of the small plans to another of them stays where it is
where movement_type <> 'moved' or plan_id_start <> plan_id_end
group by {{ period_keys }}
