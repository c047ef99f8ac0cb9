{# A number whose only bit stands for the day of the month of a date: 1, 2, 4 ... So the days of a month are one number. #}
{% macro day_bit(date) -%}
    {{ adapter.dispatch("day_bit")(date) }}
{%- endmacro %}

{% macro default__day_bit(date) -%}
    1 << cast(extract(day from {{ date }}) - 1 as integer)
{%- endmacro %}

{% macro spark__day_bit(date) -%}
    shiftleft(1, cast(extract(day from {{ date }}) - 1 as integer))
{%- endmacro %}
