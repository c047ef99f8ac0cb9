{{ config(materialized="view") }}

{#-
    When a customer began to hold a product, and when it held it no longer: it holds one that it has an active subscription
    of. All changes of an instant count together, so who ends one subscription and starts another of the product holds it on.
-#}
with sides as (
    -- one subscription fewer of the product before, one more of the product after
    select
        customer_id,
        changed_at,
        changed_on,
        previous_plan_id as plan_id,
        previous_event_product_id as event_product_id,
        -1 as subscriptions
    from {{ ref("int_subscription_changes") }}
    where was_active
    union all
    select
        customer_id,
        changed_at,
        changed_on,
        plan_id,
        event_product_id,
        1 as subscriptions
    from {{ ref("int_subscription_changes") }}
    where is_active
),

legs as (
    select
        sides.customer_id,
        sides.changed_at,
        sides.changed_on,
        {{ segment_value("coalesce(sides.event_product_id, plans.product_id)") }} as product_id,
        sides.subscriptions
    from sides
    left join {{ ref("stg_billing__plans") }} as plans
        on sides.plan_id = plans.plan_id
),

instants as (
    -- another MRR on the same product is none, and goes before the sort
    select
        customer_id,
        product_id,
        changed_at,
        changed_on,
        sum(subscriptions) as subscriptions_change
    from legs
    group by customer_id, product_id, changed_at, changed_on
    having sum(subscriptions) <> 0
),

running as (
    select
        *,
        sum(subscriptions_change) over (
            partition by customer_id, product_id order by changed_at rows unbounded preceding
        ) as subscriptions
    from instants
)

select
    customer_id,
    product_id,
    changed_at,
    changed_on,
    subscriptions > 0 as is_held
from running
where subscriptions = 0 or subscriptions = subscriptions_change
