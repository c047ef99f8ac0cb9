{#
    A bound of the 95% interval of the difference of two independent proportions, from their Wilson bounds; null where one of
    them is null. Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.

    Arguments: first and second, names of the proportions (columns; their bounds are <name>_lower and <name>_upper); bound
    ('lower' or 'upper').
#}
{% macro newcombe(first, second, bound) -%}
    {%- set opposite = "upper" if bound == "lower" else "lower" -%}
    {{ first }} - {{ second }} {{ "-" if bound == "lower" else "+" }} sqrt(
        power({{ first }} - {{ first }}_{{ bound }}, 2) + power({{ second }}_{{ opposite }} - {{ second }}, 2)
    )
{%- endmacro %}
