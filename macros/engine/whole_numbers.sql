{#
    Exact arithmetic with whole numbers: a sum or a quotient of doubles is rounded one way by one engine and another way by
    the next. A whole number has up to 38 digits.
#}
{% macro whole_number(expression) -%}
    cast({{ expression }} as {{ adapter.dispatch("whole_number_type")() }})
{%- endmacro %}

{% macro default__whole_number_type() -%} decimal(38, 0) {%- endmacro %}
{% macro duckdb__whole_number_type() -%} hugeint {%- endmacro %}


{# How many times a whole number holds another; neither is negative. #}
{% macro whole_quotient(number, divisor) -%}
    {{ adapter.dispatch("whole_quotient")(number, divisor) }}
{%- endmacro %}

{% macro default__whole_quotient(number, divisor) -%}
    div({{ number }}, {{ divisor }})
{%- endmacro %}

{# DuckDB divides decimals as doubles, whole numbers exactly. #}
{% macro duckdb__whole_quotient(number, divisor) -%}
    (({{ number }}) // {{ divisor }})
{%- endmacro %}

{# Spark rounds a quotient: the remainder is taken away before, so that there is nothing to round. #}
{% macro spark__whole_quotient(number, divisor) -%}
    cast((({{ number }}) - mod({{ number }}, {{ divisor }})) / {{ divisor }} as decimal(32, 0))
{%- endmacro %}
