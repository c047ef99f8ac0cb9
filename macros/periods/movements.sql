{# What a net change amounts to: at most one movement of the customer's state, one of its plan and one of its MRR. #}
{% macro movements(net_changes) %}
with aspects as (
    select 'state' as aspect
    union all
    select 'plan' as aspect
    union all
    select 'mrr' as aspect
),

moved as (
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
    from {{ net_changes }} as changes
    cross join aspects
)

select
    *,
    is_of_state and has_left as is_lost,
    is_of_state and has_returned as is_returned,
    is_of_state and not was_customer_before as is_acquired
from moved
where movement_type is not null
{% endmacro %}


{# Movements with all that a report can be cut by: why the customer left, its attributes, its plan at either end. #}
{% macro movements_with_segments(movements, customers, churn_events) %}
with movements as (
    select
        *,
        -- a customer that is gone at the end has its last churn event as its last change
        case when movement_type in ('churn', 'came_and_went') then last_changed_at end as gone_at
    from {{ movements }}
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
inner join {{ customers }} as customers
    on movements.customer_id = customers.customer_id
left join {{ churn_events }} as churn_events
    on movements.customer_id = churn_events.customer_id and movements.gone_at = churn_events.churned_at
{% endmacro %}


{#
    The movements of the touched customers only, from their changes on: through a view of all movements DuckDB would work
    out everybody's first.

    Arguments: relations like int_customer_changes, int_calendar_periods, int_customers and int_churn_events, and the one
    that lists the touched customers.
#}
{% macro movements_of_touched(changes, calendar_periods, customers, churn_events, touched) %}
{%- set touched_changes = "(select * from " ~ changes ~ " where customer_id in (select customer_id from " ~ touched ~ "))" -%}
{%- set touched_net_changes = "(" ~ net_changes(touched_changes, calendar_periods) ~ ")" -%}
{%- set touched_movements = "(" ~ movements(touched_net_changes) ~ ")" -%}
{{ movements_with_segments(touched_movements, customers, churn_events) }}
{% endmacro %}
