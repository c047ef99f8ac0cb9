{%- set grains = {
    "day": ("date_day", "day", 1),
    "week": ("week_start", "day", 7),
    "month": ("month_start", "month", 1),
    "quarter": ("quarter_start", "month", 3),
    "year": ("year_start", "month", 12),
} -%}

with periods as (
    {%- for grain, (start, part, length) in grains.items() %}
    select
        date_day,
        '{{ grain }}' as period_grain,
        {{ start }} as period_start,
        cast({{ dbt.dateadd(part, length, start) }} as date) as period_end
    from {{ ref("int_calendar_days") }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    periods.date_day,
    periods.period_grain,
    periods.period_start,
    periods.period_end,
    periods.period_end <= moment.as_of_on as is_complete_period
from periods
inner join {{ ref("int_report_moment") }} as moment
    on periods.date_day <= moment.as_of_on
