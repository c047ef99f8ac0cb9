{# A quotient as a double; null where the denominator is 0 or null: a rate of nothing is not 0. #}
{% macro ratio(numerator, denominator) -%}
    {{ as_double(numerator) }} / nullif({{ as_double(denominator) }}, 0)
{%- endmacro %}


{# 64-bit floating point on every engine. #}
{% macro as_double(expression) -%}
    cast({{ expression }} as {{ adapter.dispatch("double_type")() }})
{%- endmacro %}

{% macro default__double_type() -%} double {%- endmacro %}
{% macro postgres__double_type() -%} double precision {%- endmacro %}
