{#- The intermediate table under its public name; the other engines store it for whoever reads their files. -#}
{{ config(materialized="view" if target.type == "duckdb" else "table") }}

with final as (
    select
        states.subscription_id,
        states.valid_from,
        states.valid_to,
        states.customer_id,
        states.state,
        states.plan_id,
        coalesce(states.event_product_id, plans.product_id) as product_id,
        states.mrr
    from {{ ref("int_subscription_states") }} as states
    left join {{ ref("dim_plans") }} as plans
        on states.plan_id = plans.plan_id
    where states.state <> 'none'
)

select * from final
