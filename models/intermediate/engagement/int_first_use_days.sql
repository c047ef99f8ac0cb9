{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id",
          meta={"touched": "int_touched_usage_months", "landed": "product_usage"}) }}

{#- How long a customer used the product on the first day that it did. -#}
with first_days as (
    select
        customer_id,
        min(first_used_on) as first_used_on
    from {{ ref("int_engagement_months") }}
    where {{ is_touched("customer_id", ref("int_touched_usage_months")) }}
    group by customer_id
)

select
    first_days.customer_id,
    first_days.first_used_on,
    cast(sum(usage.minutes) as decimal(38, 6)) as minutes
from first_days
inner join {{ ref("stg_product__product_usage") }} as usage
    on first_days.customer_id = usage.customer_id and first_days.first_used_on = usage.used_on
where usage.usage_count > 0
group by first_days.customer_id, first_days.first_used_on
