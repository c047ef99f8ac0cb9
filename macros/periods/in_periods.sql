{#
    The rows of a relation once for every period that a day of theirs lies in, of each grain, with the period's columns
    beside their own.

    Arguments: a table or CTE; day, its column of that day.
#}
{% macro in_periods(relation, day) -%}
    select
        facts.*,
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period
    from {{ relation }} as facts
    inner join {{ ref("int_calendar_periods") }} as calendar
        on facts.{{ day }} = calendar.date_day
{%- endmacro %}
