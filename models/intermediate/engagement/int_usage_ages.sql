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

last_days as (
    select max(day_number) as day_number from {{ ref("usage_retention_days") }}
),

days_of_months as (
    {{ days_of_a_month() }}
),

months as (
    -- of the months of use few lie within the listed days
    select
        months.customer_id,
        months.days_bits,
        {{ dbt.datediff("spells.started_on", "months.month_start", "day") }} as age_at_start
    from {{ ref("int_engagement_months") }} as months
    inner join {{ ref("int_first_spells") }} as spells
        on months.customer_id = spells.customer_id and months.last_used_on >= spells.started_on
    cross join last_days
    where months.first_used_on <= cast({{ dbt.dateadd("day", "last_days.day_number", "spells.started_on") }} as date)
),

ages as (
    select
        months.customer_id,
        months.age_at_start + days.day_number - 1 as age_days
    from months
    inner join days_of_months as days
        on (months.days_bits & days.bit) <> 0
)

select
    ages.customer_id,
    brackets.period_number,
    max(case when ages.age_days = brackets.period_number then 1 else 0 end) = 1 as is_used_on_day
from ages
inner join brackets
    on ages.age_days = brackets.age_days
group by ages.customer_id, brackets.period_number
