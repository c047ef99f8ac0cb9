{#- The intermediate table under its public name; the other engines store it for whoever reads their files. -#}
{{ config(materialized="view" if target.type == "duckdb" else "table") }}

with final as (
    select
        subscription_id,
        valid_from,
        valid_to,
        customer_id,
        state,
        plan_id,
        mrr
    from {{ ref("int_subscription_states") }}
    where state <> 'none'
)

select * from final
