{# Above by more than the last bit of a quotient: 1 - (1 - 0.05) is not above 0.05. #}
{% macro is_above(value, bound) -%}
    {{ as_double(value) }} - {{ as_double(bound) }} > 1e-9
{%- endmacro %}


{# Each operator that a seed may name, and what it says of a value and a bound. #}
{% macro comparisons(value, bound) %}
    {% do return({
        ">": is_above(value, bound),
        ">=": "not " ~ is_above(bound, value),
        "<": is_above(bound, value),
        "<=": "not " ~ is_above(value, bound),
    }) %}
{% endmacro %}
