{#
    What a period is called: 2025-03-31, 2025 W14, 2025-03, 2025 Q1, 2025. A fiscal year that is not the calendar's is named
    by the year in which it ends: FY2026 Q1, FY2026. A week belongs to the year of its Thursday, as ISO 8601 counts.

    Arguments: columns of the grain and the start of the period, and of the quarter and year that this day lies in.
#}
{% macro period_label(period_grain, period_start, quarter_start, year_start) -%}
    {%- set starts = var("fiscal_year_start_month") -%}
    {%- set last_day_of_year = dbt.dateadd("day", -1, dbt.dateadd("year", 1, year_start)) -%}
    {%- set year = ("'FY' || " if starts != 1 else "") ~ _digits("extract(year from " ~ last_day_of_year ~ ")", 4) -%}
    {%- set thursday = dbt.dateadd("day", 3, period_start) -%}
    case {{ period_grain }}
        when 'week' then
            {{ _digits("extract(year from " ~ thursday ~ ")", 4) }} || ' W' || {{ _digits("extract(week from " ~ period_start ~ ")", 2) }}
        when 'month' then
            {{ _digits("extract(year from " ~ period_start ~ ")", 4) }} || '-' || {{ _digits("extract(month from " ~ period_start ~ ")", 2) }}
        when 'quarter' then
            {{ year }} || ' Q' || {{ _digits("1 + mod(cast(extract(month from " ~ quarter_start ~ ") as integer) + 12 - " ~ starts ~ ", 12) / 3", 1) }}
        when 'year' then {{ year }}
        else cast({{ period_start }} as {{ dbt.type_string() }})
    end
{%- endmacro %}


{# A whole number with leading zeros. #}
{% macro _digits(number, length) -%}
    lpad(cast(cast({{ number }} as integer) as {{ dbt.type_string() }}), {{ length }}, '0')
{%- endmacro %}
