{{ config(materialized="view") }}

{#-
    What a subscription's net change amounts to, by name: at most one movement of its state, one of its plan, or
    else of its product, and one of its MRR; with all that a report can cut it by, and why it ended and whether another one
    took its place.
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
                then case when changes.was_active_before then 'reactivation' else 'new' end
            when aspects.aspect = 'state' and changes.was_active and not changes.is_active then 'churn'
            when aspects.aspect = 'state' and changes.was_active and changes.has_left then 'left_and_returned'
            when aspects.aspect = 'state' and changes.has_left then 'came_and_went'
            when not (changes.was_active and changes.is_active) then null
            when aspects.aspect = 'plan' and (changes.plan_id_start is distinct from changes.plan_id_end) then 'moved'
            when aspects.aspect = 'plan' and (changes.event_product_id_start is distinct from changes.event_product_id_end)
                then 'moved_within_plan'
            when aspects.aspect = 'mrr' and changes.mrr_end > changes.mrr_start then 'expansion'
            when aspects.aspect = 'mrr' and changes.mrr_end < changes.mrr_start then 'contraction'
        end as movement_type
    from {{ ref("int_subscription_net_changes") }} as changes
    cross join aspects
),

movements as (
    select
        *,
        -- one that is gone at the end has its last end as its last change
        case when movement_type = 'churn' then last_changed_at end as gone_at
    from named
    where movement_type is not null
)

select
    movements.subscription_id,
    {%- for grain in period_grains() %}
    movements.whole_{{ grain }},
    {%- endfor %}
    movements.movement_type,
    cast(movements.mrr_start as decimal(38, 6)) as mrr_start,
    cast(movements.mrr_end as decimal(38, 6)) as mrr_end,
    ends.churn_type,
    ends.reason_code,
    ends.reason_category,
    ends.mrr_before as mrr_lost,
    case when movements.gone_at is not null then replacements.subscription_id is not null end as is_replaced,
    movements.is_of_state and not movements.was_active_before as is_acquired,
    {%- for attribute in customer_attributes() %}
    {{ segment_value("customers." ~ attribute) }} as {{ attribute }},
    {%- endfor %}
    case when movements.was_active then {{ segment_value("movements.plan_id_start") }} end as plan_id_start,
    case when movements.is_active then {{ segment_value("movements.plan_id_end") }} end as plan_id_end,
    case
        when movements.was_active then {{ segment_value("movements.plan_id_start") }}
        else {{ segment_value("movements.plan_id_entered") }}
    end as plan_id_inside,
    movements.event_product_id_start,
    movements.event_product_id_end
from movements
inner join {{ ref("int_customers") }} as customers
    on movements.customer_id = customers.customer_id
left join {{ ref("int_subscription_end_types") }} as ends
    on movements.subscription_id = ends.subscription_id and movements.gone_at = ends.ended_at
left join {{ ref("int_subscription_replacements") }} as replacements
    on movements.subscription_id = replacements.subscription_id and movements.gone_at = replacements.ended_at
