{#- One row per subscription and instant at which it began, ended, or changed its plan, product or MRR in between. -#}
with changes as (
    select
        subscription_id,
        customer_id,
        valid_from as changed_at,
        {{ reporting_date("valid_from") }} as changed_on,
        was_active,
        is_active,
        previous_mrr,
        mrr,
        case when is_active then plan_id end as plan_id,
        case when is_active then event_product_id end as event_product_id
    from {{ ref("int_subscription_states") }}
    where
        is_active <> was_active
        or (
            is_active
            and (
                mrr <> previous_mrr
                or plan_id is distinct from previous_plan_id
                or event_product_id is distinct from previous_event_product_id
            )
        )
)

select
    subscription_id,
    customer_id,
    changed_at,
    changed_on,
    was_active,
    is_active,
    -- active at some time before this instant
    coalesce(max(cast(is_active as integer)) over before_here, 0) = 1 as was_active_before,
    previous_mrr,
    mrr,
    lag(plan_id) over in_time as previous_plan_id,
    plan_id,
    lag(event_product_id) over in_time as previous_event_product_id,
    event_product_id,
    lag(changed_on) over in_time as previous_changed_on,
    lead(changed_on) over in_time as next_changed_on
from changes
window
    in_time as (partition by subscription_id order by changed_at),
    before_here as (partition by subscription_id order by changed_at rows between unbounded preceding and 1 preceding)
