{#- The intermediate table under its public name; the other engines store it for whoever reads their files. -#}
{{ config(materialized="view" if target.type == "duckdb" else "table") }}

with final as (
    select
        customer_id,
        churned_at,
        churn_type,
        is_involuntary_narrow,
        reason_code,
        reason_category,
        is_preventable,
        classification_rule,
        mrr_lost,
        {{ whole_days("became_customer_at", "churned_at") }} as tenure_days,
        returned_at
    from {{ ref("int_churn_events") }}
)

select * from final
