{#
    A bound of the Wilson 95% score interval of a proportion; null where the denominator is 0.
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Arguments: successes and trials (columns), bound ('lower' or 'upper').
#}
{% macro wilson(successes, trials, bound) -%}
    {%- set z = "1.959963984540054e0" -%}
    {%- set n = "nullif(" ~ as_double(trials) ~ ", 0)" -%}
    {%- set p = as_double(successes) ~ " / " ~ n -%}
    {#- exactly 0 and 1 at the ends: what rounding leaves there is divided by elsewhere -#}
    case
        when {{ successes }} = {{ "0" if bound == "lower" else trials }} then {{ n }} / {{ n }} {{- " - 1" if bound == "lower" }}
        else
            ({{ p }} + {{ z }} * {{ z }} / (2 * {{ n }})
            {{ "-" if bound == "lower" else "+" }} {{ z }} * sqrt(
                {{ p }} * (1 - {{ p }}) / {{ n }} + {{ z }} * {{ z }} / (4 * {{ n }} * {{ n }})
            )) / (1 + {{ z }} * {{ z }} / {{ n }})
    end
{%- endmacro %}
