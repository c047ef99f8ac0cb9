{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="customer_id",
          meta={"touched": "int_touched_usage_months", "landed": "product_usage"}) }}

{#- How long a customer used the product on the first day that it did. -#}
with used as (
    select
        usage.customer_id,
        usage.used_on,
        usage.minutes
    from {{ ref("stg_product__product_usage") }} as usage
    inner join {{ ref("int_report_moment") }} as moment
        on usage.used_on <= moment.as_of_on
    where
        usage.usage_count > 0
        and {{ is_touched("usage.customer_id", ref("int_touched_usage_months")) }}
),

first_days as (
    select
        customer_id,
        min(used_on) as first_used_on
    from used
    group by customer_id
)

select
    first_days.customer_id,
    first_days.first_used_on,
    cast(sum(used.minutes) as decimal(38, 6)) as minutes
from first_days
inner join used
    on first_days.customer_id = used.customer_id and first_days.first_used_on = used.used_on
group by first_days.customer_id, first_days.first_used_on
