{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id", meta={"touched": "int_touched_customers"}) }}

{#-
    One row per customer and instant, with what it was before and after: the only thing that the periods are made of.

    Nearly every customer has one subscription, whose changes are its own. Those of several are summed up.
-#}
with changes as (
    select
        customer_id,
        valid_from as changed_at,
        was_active,
        is_active,
        previous_mrr,
        mrr,
        plan_id
    from {{ ref("int_subscription_states") }}
    where
        (is_active <> was_active or (is_active and (mrr <> previous_mrr or plan_id is distinct from previous_plan_id)))
        and {{ is_touched("customer_id", ref("int_touched_customers")) }}
),

customers_of_several as (
    select distinct customer_id from {{ ref("int_customer_plans") }}
),

of_one as (
    select
        changes.customer_id,
        changes.changed_at,
        changes.was_active,
        changes.is_active,
        changes.previous_mrr,
        changes.mrr,
        case when changes.is_active then changes.plan_id end as plan_id
    from changes
    left join customers_of_several
        on changes.customer_id = customers_of_several.customer_id
    where customers_of_several.customer_id is null
),

deltas as (
    select
        changes.customer_id,
        changes.changed_at,
        sum(cast(changes.is_active as integer) - cast(changes.was_active as integer)) as active_subscriptions_delta,
        sum(changes.mrr - changes.previous_mrr) as mrr_delta
    from changes
    inner join customers_of_several
        on changes.customer_id = customers_of_several.customer_id
    group by changes.customer_id, changes.changed_at
),

running as (
    select
        *,
        sum(active_subscriptions_delta) over until_here as active_subscriptions,
        sum(mrr_delta) over until_here as mrr
    from deltas
    window until_here as (partition by customer_id order by changed_at rows unbounded preceding)
),

of_several as (
    select
        running.customer_id,
        running.changed_at,
        running.active_subscriptions > running.active_subscriptions_delta as was_active,
        running.active_subscriptions > 0 as is_active,
        cast(running.mrr - running.mrr_delta as decimal(38, 6)) as previous_mrr,
        cast(running.mrr as decimal(38, 6)) as mrr,
        case when running.active_subscriptions > 0 then plans.plan_id end as plan_id
    from running
    left join {{ ref("int_customer_plans") }} as plans
        on running.customer_id = plans.customer_id and running.changed_at = plans.changed_at
),

of_all as (
    select
        *,
        {{ reporting_date("changed_at") }} as changed_on
    from (
        select * from of_one
        union all
        select * from of_several
    ) as one_or_several
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
from of_all
window
    in_time as (partition by customer_id order by changed_at),
    until_here as (partition by customer_id order by changed_at rows unbounded preceding),
    before_here as (partition by customer_id order by changed_at rows between unbounded preceding and 1 preceding)
