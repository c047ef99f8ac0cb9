{#- 131,072 days reach from 1900, the first year that staging accepts, to 2258. -#}
{%- set fiscal_shift = var("fiscal_year_start_month") | int - 1 -%}

with numbers as (
    {{ dbt.generate_series(131072) }}
),

days as (
    select
        cast(
            {{ dbt.dateadd("day", "cast(numbers.generated_number as integer) - 1", "moment.first_event_on") }} as date
        ) as date_day
    from numbers
    cross join {{ ref("int_report_moment") }} as moment
    -- to the end of the year, so that a chart of the current period has its whole axis
    where numbers.generated_number <= {{ dbt.datediff("moment.first_event_on", "moment.as_of_on", "day") }} + 366
),

fiscal_days as (
    -- shifted so that the fiscal year starts in January
    select
        date_day,
        {{ dbt.dateadd("month", -fiscal_shift, "date_day") }} as fiscal_day
    from days
)

select
    date_day,
    cast({{ dbt.date_trunc("week", "date_day") }} as date) as week_start,
    cast({{ dbt.date_trunc("month", "date_day") }} as date) as month_start,
    cast({{ dbt.dateadd("month", fiscal_shift, dbt.date_trunc("quarter", "fiscal_day")) }} as date) as quarter_start,
    cast({{ dbt.dateadd("month", fiscal_shift, dbt.date_trunc("year", "fiscal_day")) }} as date) as year_start
from fiscal_days
