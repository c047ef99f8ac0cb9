{#
    A bound of the 95% interval of a correlation by Fisher's transformation; null of fewer than four pairs. A correlation of
    1 or -1 is its own bound. Rounded to twelve digits, as logarithms differ by the engine. Fisher (1921), Metron 1, 3-32.

    Arguments: correlation and n (columns: the coefficient, and the pairs it is of), bound ('lower' or 'upper').
#}
{% macro correlation_bound(correlation, n, bound) -%}
    {%- set z -%}
        0.5e0 * ln((1 + {{ correlation }}) / (1 - {{ correlation }}))
        {{ "-" if bound == "lower" else "+" }} 1.959963984540054e0 / sqrt({{ as_double(n) }} - 3)
    {%- endset -%}
    case
        when {{ n }} < 4 then null
        when abs({{ correlation }}) = 1 then {{ correlation }}
        else {{ as_double("round(cast(1 - 2 / (exp(2 * (" ~ z ~ ")) + 1) as decimal(20, 15)), 12)") }}
    end
{%- endmacro %}
