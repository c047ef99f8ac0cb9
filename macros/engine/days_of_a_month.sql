{#- The numbers of the days of a month, each with the bit that stands for it in a number of day_bit(). -#}
{% macro days_of_a_month() -%}
    {%- for day in range(1, 32) %}
    select
        {{ day }} as day_number,
        cast({{ 2 ** (day - 1) }} as bigint) as bit
    {{- " union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
