with mentioned_plans as (
    select plan_id from {{ ref("stg_billing__plans") }}
    union
    select plan_id from {{ ref("int_subscription_states") }}
    where plan_id is not null
),

final as (
    select
        mentioned_plans.plan_id,
        plans.plan_name,
        plans.plan_tier,
        plans.product_id,
        plans.seat_limit,
        plans.usage_limit
    from mentioned_plans
    left join {{ ref("stg_billing__plans") }} as plans
        on mentioned_plans.plan_id = plans.plan_id
)

select * from final
