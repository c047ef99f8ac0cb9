{# The start of the same period a year ago; of a day or a week that 52 weeks ago, which is the same day of the week. #}
{% macro year_before(period_grain, period_start) -%}
    case
        when {{ period_grain }} in ('day', 'week') then cast({{ dbt.dateadd("day", -364, period_start) }} as date)
        else cast({{ dbt.dateadd("year", -1, period_start) }} as date)
    end
{%- endmacro %}
