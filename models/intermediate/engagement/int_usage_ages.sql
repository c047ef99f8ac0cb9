{#-
    Which customers used the product on the listed days after they joined, and in the time up to each since the day listed
    before: a use counts for the first listed day that is not before its own.
-#}
with days as (
    -- 4,096 days are 11 years
    select cast(generated_number as integer) - 1 as age_days
    from ({{ dbt.generate_series(4096) }}) as numbers
),

brackets as (
    select
        days.age_days,
        min(listed.day_number) as period_number
    from days
    inner join {{ ref("usage_retention_days") }} as listed
        on days.age_days <= listed.day_number
    group by days.age_days
),

ages as (
    select
        usage.customer_id,
        {{ dbt.datediff("spells.started_on", "usage.used_on", "day") }} as age_days
    from {{ ref("stg_product__product_usage") }} as usage
    inner join {{ ref("int_first_spells") }} as spells
        on usage.customer_id = spells.customer_id
    inner join {{ ref("int_report_moment") }} as moment
        on usage.used_on <= moment.as_of_on
    where usage.usage_count > 0
)

select
    ages.customer_id,
    brackets.period_number,
    max(case when ages.age_days = brackets.period_number then 1 else 0 end) = 1 as is_used_on_day
from ages
inner join brackets
    on ages.age_days = brackets.age_days
group by ages.customer_id, brackets.period_number
