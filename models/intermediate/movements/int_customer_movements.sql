{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id", meta={"touched": "int_touched_customers"}) }}

{#-
    What a net change amounts to, by name: at most one movement of the customer's state, one of its plan and one of its
    MRR; with all that a report can cut it by, why the customer left, its attributes and its plan at either end. Every
    count of customers and every MRR movement of the marts is a sum of these rows.
-#}
with aspects as (
    select 'state' as aspect
    union all
    select 'plan' as aspect
    union all
    select 'mrr' as aspect
),

named as (
    select
        changes.*,
        aspects.aspect = 'state' as is_of_state,
        case
            when aspects.aspect = 'state' and changes.is_active and not changes.was_active
                then case when changes.was_customer_before then 'reactivation' else 'new' end
            when aspects.aspect = 'state' and changes.was_active and not changes.is_active then 'churn'
            when aspects.aspect = 'state' and changes.was_active and changes.has_left then 'left_and_returned'
            when aspects.aspect = 'state' and changes.has_left then 'came_and_went'
            when not (changes.was_active and changes.is_active) then null
            when aspects.aspect = 'plan' and (changes.plan_id_start is distinct from changes.plan_id_end) then 'moved'
            when aspects.aspect = 'mrr' and changes.mrr_end > changes.mrr_start then 'expansion'
            when aspects.aspect = 'mrr' and changes.mrr_end < changes.mrr_start then 'contraction'
        end as movement_type
    from {{ ref("int_net_changes_this_run") }} as changes
    cross join aspects
),

movements as (
    select
        *,
        -- a customer that is gone at the end has its last churn event as its last change
        case when movement_type in ('churn', 'came_and_went') then last_changed_at end as gone_at
    from named
    where movement_type is not null
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
    movements.is_of_state and not movements.was_customer_before as is_acquired,
    movements.is_of_state and movements.has_left as is_lost,
    movements.is_of_state and movements.has_returned as is_returned,
    {%- for attribute in customer_attributes() %}
    {{ segment_value("customers." ~ attribute) }} as {{ attribute }},
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
-- an increment replaces rows that are read first: depends_on: {{ ref("int_touched_customers") }}, {{ ref("int_movements_replaced") }}
