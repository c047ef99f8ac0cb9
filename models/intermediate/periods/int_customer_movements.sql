{{ config(materialized="view") }}

{#- What a customer's period amounts to: at most one movement of its state, one of its plan and one of its MRR. -#}
with periods as (
    select * from {{ ref("int_customer_periods") }}
)

select
    *,
    case
        when is_active and not was_active then case when was_customer_before then 'reactivation' else 'new' end
        when was_active and not is_active then 'churn'
        when was_active then 'left_and_returned'
        else 'came_and_went'
    end as movement_type,
    has_left as is_lost,
    has_returned as is_returned,
    not was_customer_before as is_acquired
from periods
where was_active <> is_active or has_left
union all
select
    *,
    'moved' as movement_type,
    false as is_lost,
    false as is_returned,
    false as is_acquired
from periods
where was_active and is_active and plan_id_start is distinct from plan_id_end
union all
select
    *,
    case when mrr_end > mrr_start then 'expansion' else 'contraction' end as movement_type,
    false as is_lost,
    false as is_returned,
    false as is_acquired
from periods
where was_active and is_active and mrr_end <> mrr_start
