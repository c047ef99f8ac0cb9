with days as (
    select * from {{ ref("int_calendar_days") }}
),

final as (
    select
        days.date_day,
        days.week_start,
        days.month_start,
        days.quarter_start,
        days.year_start,
        cast(extract(year from days.date_day) as integer) as calendar_year,
        cast(extract(month from days.date_day) as integer) as calendar_month,
        cast(extract(day from days.date_day) as integer) as day_of_month,
        cast({{ dbt.datediff("days.week_start", "days.date_day", "day") }} + 1 as integer) as day_of_week,
        days.date_day > moment.as_of_on as is_after_as_of
    from days
    cross join {{ ref("int_report_moment") }} as moment
)

select * from final
