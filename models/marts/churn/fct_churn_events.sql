{#- The intermediate table under its public name; the other engines store it for whoever reads their files. -#}
{{ config(materialized="view" if target.type == "duckdb" else "table") }}

with final as (
    select
        churns.customer_id,
        {{ shown_time("churns.churned_at") }} as churned_at,
        churns.churn_type,
        churns.is_involuntary_narrow,
        churns.reason_code,
        churns.reason_category,
        churns.is_preventable,
        churns.classification_rule,
        churns.mrr_lost,
        {{ whole_days("churns.became_customer_at", "churns.churned_at") }} as tenure_days,
        churns.returned_at
    from {{ ref("int_churn_events") }} as churns
    cross join {{ ref("int_report_moment") }} as moment
)

select * from final
