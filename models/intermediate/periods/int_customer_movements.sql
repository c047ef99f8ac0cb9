{{ config(materialized="view") }}

{#- What a net change amounts to: at most one movement of the customer's state, one of its plan and one of its MRR. -#}
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
    from {{ ref("int_customer_net_changes") }} as changes
    cross join aspects
)

select
    *,
    is_of_state and has_left as is_lost,
    is_of_state and has_returned as is_returned,
    is_of_state and not was_customer_before as is_acquired
from moved
where movement_type is not null
