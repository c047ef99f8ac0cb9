{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id", touched="int_touched_customers") }}

{#- One row per customer and instant, with what it was before and after: the only thing that the periods are made of. -#}
with plans as (
    select
        instants.customer_id,
        instants.changed_at,
        {{ reporting_date("instants.changed_at") }} as changed_on,
        instants.previous_active_subscriptions > 0 as was_active,
        instants.active_subscriptions > 0 as is_active,
        instants.previous_mrr,
        instants.mrr,
        case
            when instants.active_subscriptions = 0 then null
            when several.customer_id is not null then several.plan_id
            else instants.plan_of_changed
        end as plan_id
    from {{ ref("int_customer_instants") }} as instants
    left join {{ ref("int_customer_plans") }} as several
        on instants.customer_id = several.customer_id and instants.changed_at = several.changed_at
    where {{ is_touched("instants.customer_id", ref("int_touched_customers")) }}
)

select
    customer_id,
    changed_at,
    changed_on,
    was_active,
    is_active,
    -- active at some time before this instant
    coalesce(max(cast(is_active as integer)) over before_here, 0) = 1 as was_customer_before,
    previous_mrr,
    mrr,
    lag(plan_id) over in_time as previous_plan_id,
    plan_id,
    lag(changed_on) over in_time as previous_changed_on,
    lead(changed_on) over in_time as next_changed_on,
    -- when it became a customer, the time before it left or now
    max(case when is_active and not was_active then changed_at end) over until_here as became_customer_at,
    -- nothing changes while it is no customer, so the next change after a loss is the return
    lead(changed_at) over in_time as next_changed_at
from plans
window
    in_time as (partition by customer_id order by changed_at),
    until_here as (partition by customer_id order by changed_at rows unbounded preceding),
    before_here as (partition by customer_id order by changed_at rows between unbounded preceding and 1 preceding)
