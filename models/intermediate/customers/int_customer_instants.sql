{{ config(materialized="view") }}

{#- One row per customer and instant at which what it subscribes to changed: the deltas of its subscriptions, summed up. -#}
with deltas as (
    select
        customer_id,
        valid_from as changed_at,
        sum(cast(is_active as integer) - cast(was_active as integer)) as active_subscriptions_delta,
        sum(mrr - previous_mrr) as mrr_delta,
        -- the customer's plan where it has one subscription, which is nearly always
        max(case when is_active then plan_id end) as plan_of_changed
    from {{ ref("int_subscription_states") }}
    where
        (is_active <> was_active or (is_active and (mrr <> previous_mrr or plan_id is distinct from previous_plan_id)))
        and {{ is_touched("customer_id", ref("int_touched_customers")) }}
    group by customer_id, valid_from
),

running as (
    select
        *,
        sum(active_subscriptions_delta) over until_here as active_subscriptions,
        cast(sum(mrr_delta) over until_here as decimal(38, 6)) as mrr
    from deltas
    window until_here as (partition by customer_id order by changed_at rows unbounded preceding)
)

select
    customer_id,
    changed_at,
    active_subscriptions,
    active_subscriptions - active_subscriptions_delta as previous_active_subscriptions,
    mrr,
    cast(mrr - mrr_delta as decimal(38, 6)) as previous_mrr,
    plan_of_changed
from running
