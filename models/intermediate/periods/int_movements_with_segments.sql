{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id", touched="int_touched_customers") }}

{#- Movements with all that a report can be cut by: why the customer left, its attributes, its plan at either end. -#}
with movements as (
    select
        *,
        -- a customer that is gone at the end has its last churn event as its last change
        case when movement_type in ('churn', 'came_and_went') then last_changed_at end as gone_at
    from {{ ref("int_customer_movements") }}
    where {{ is_touched("customer_id", ref("int_touched_customers")) }}
)

select
    movements.customer_id,
    {%- for grain in period_grains() %}
    movements.whole_{{ grain }},
    {%- endfor %}
    movements.movement_type,
    cast(movements.mrr_start as decimal(38, 6)) as mrr_start,
    cast(movements.mrr_end as decimal(38, 6)) as mrr_end,
    churn_events.churn_type,
    churn_events.reason_code,
    churn_events.reason_category,
    churn_events.mrr_lost,
    movements.is_acquired,
    movements.is_lost,
    movements.is_returned,
    {%- for segment in attribute_segments() %}
    {{ segment_value("customers." ~ segment) }} as {{ segment }},
    {%- endfor %}
    case when movements.was_active then {{ segment_value("movements.plan_id_start") }} end as plan_id_start,
    case when movements.is_active then {{ segment_value("movements.plan_id_end") }} end as plan_id_end,
    case
        when movements.was_active then {{ segment_value("movements.plan_id_start") }}
        else {{ segment_value("movements.plan_id_entered") }}
    end as plan_id_inside
from movements
inner join {{ ref("int_customers") }} as customers
    on movements.customer_id = customers.customer_id
left join {{ ref("int_churn_events") }} as churn_events
    on movements.customer_id = churn_events.customer_id and movements.gone_at = churn_events.churned_at
-- their sums first take out what an increment replaces here: depends_on: {{ ref("int_movements_replaced") }}
