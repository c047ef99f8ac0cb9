{#- The days at whose end customers are scored: the last ones of the latest months that are over, and that of as_of. -#}
with months as (
    select
        cast(
            {{ dbt.dateadd("month", "1 - cast(numbers.generated_number as integer)", dbt.date_trunc("month", "moment.as_of_on")) }}
            as date
        ) as next_month_start
    from ({{ dbt.generate_series(var("health_months")) }}) as numbers
    cross join {{ ref("int_report_moment") }} as moment
),

dates as (
    select cast({{ dbt.dateadd("day", -1, "next_month_start") }} as date) as scored_on
    from months
    union all
    select as_of_on as scored_on
    from {{ ref("int_report_moment") }}
)

select
    scored_on,
    cast({{ dbt.date_trunc("month", "scored_on") }} as date) as month_start,
    lag(scored_on) over (order by scored_on) as previous_scored_on
from dates
