{#
    The 97.5% quantile of Student's t, by which a 95% interval of a difference of means is wider where few values tell how
    they spread. Expansion at the normal quantile, right to 0.004 from three degrees of freedom on; null with fewer.
    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.

    Arguments: degrees of freedom (column).
#}
{% macro t_quantile(degrees) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set terms = [
        (z ** 3 + z) / 4,
        (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
        (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
        (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
    ] -%}
    case
        when {{ degrees }} >= 3 then
            {{ double_literal(z) }}
            {%- for term in terms %}
            + {{ double_literal(term) }} / power({{ as_double(degrees) }}, {{ loop.index }})
            {%- endfor %}
    end
{%- endmacro %}
