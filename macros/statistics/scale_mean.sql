{#
    A bound of the 95% interval of a mean answer on a scale with two ends, in the way of the NPS (which is the mean of a scale
    of three): three answers are added, 3/4 of one at each end and the rest in the middle, so that a few answers alike are
    not taken for certain; clipped to the scale and widened to hold the mean. Null without respondents.

    Arguments: total, squares and respondents (columns: the sum of the answers, that of their squares, their number); lowest
    and highest answer; bound ('lower' or 'upper').
#}
{% macro scale_mean(total, squares, respondents, lowest, highest, bound) -%}
    {%- set middle = (lowest + highest) / 2 -%}
    {%- set n = "(nullif(" ~ as_double(respondents) ~ ", 0) + 3)" -%}
    {%- set mean = "((" ~ as_double(total) ~ " + " ~ 3 * middle ~ "e0) / " ~ n ~ ")" -%}
    {%- set added_squares = 0.75 * (lowest ** 2 + highest ** 2) + 1.5 * middle ** 2 -%}
    {%- set mean_square = "((" ~ as_double(squares) ~ " + " ~ added_squares ~ "e0) / " ~ n ~ ")" -%}
    {%- set adjusted -%}
        {{ mean }} {{ "-" if bound == "lower" else "+" }} 1.959963984540054e0
        * sqrt(({{ mean_square }} - {{ mean }} * {{ mean }}) / {{ n }})
    {%- endset -%}
    {#- of nulls an engine takes the number -#}
    case
        when {{ respondents }} > 0 then
            {{ "greatest(" ~ lowest if bound == "lower" else "least(" ~ highest }}e0, {{ "least(" if bound == "lower" else "greatest(" }}{{ adjusted }}, {{ ratio(total, respondents) }}))
    end
{%- endmacro %}
