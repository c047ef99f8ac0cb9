{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id",
          meta={"touched": "int_touched_usage_months", "landed": "product_usage"}) }}

{#- When a customer first used a feature. -#}
select
    usage.customer_id,
    usage.feature,
    min(usage.used_on) as first_used_on
from {{ ref("stg_product__product_usage") }} as usage
inner join {{ ref("int_report_moment") }} as moment
    on usage.used_on <= moment.as_of_on
where
    usage.usage_count > 0
    and usage.feature is not null
    and {{ is_touched("usage.customer_id", ref("int_touched_usage_months")) }}
group by usage.customer_id, usage.feature
