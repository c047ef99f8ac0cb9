{# Above by more than the last bit of a quotient: 1 - (1 - 0.05) is not above 0.05. #}
{% macro is_above(value, bound) -%}
    {{ as_double(value) }} - {{ as_double(bound) }} > 1e-9
{%- endmacro %}
