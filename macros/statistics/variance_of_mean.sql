{#
    The variance of a mean, from the sum of the values, that of their squares and their number (columns); null of fewer than
    two. Rounding may leave a little below 0, which is 0.
#}
{% macro variance_of_mean(total, squares, n) -%}
    case
        when {{ n }} > 1 then
            greatest(
                ({{ as_double(squares) }} - {{ ratio(total ~ " * " ~ total, n) }}) / ({{ as_double(n ~ " - 1") }} * {{ as_double(n) }}), 0
            )
    end
{%- endmacro %}
