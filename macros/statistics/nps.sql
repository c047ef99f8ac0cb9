{#
    Net promoter score, -100 to 100, and its adjusted-Wald 95% bounds (three answers added, 3/4 of them promoters and 3/4
    detractors), clipped to -100 and 100; null without respondents. The added answers pull the interval of a few answers
    to the middle, so it is widened where it would not hold the score itself. Sauro and Lewis, Quantifying the User
    Experience; Agresti and Min (2005).

    Arguments: promoters, detractors, respondents (columns); bound (none, 'lower' or 'upper').
#}
{% macro nps(promoters, detractors, respondents, bound=none) -%}
    {%- if not bound -%}
        100 * {{ ratio(promoters ~ " - " ~ detractors, respondents) }}
    {%- else -%}
        {%- set n = "(nullif(" ~ as_double(respondents) ~ ", 0) + 3)" -%}
        {%- set p = "((" ~ as_double(promoters) ~ " + 0.75e0) / " ~ n ~ ")" -%}
        {%- set d = "((" ~ as_double(detractors) ~ " + 0.75e0) / " ~ n ~ ")" -%}
        {%- set adjusted -%}
            100 * (
                {{ p }} - {{ d }}
                {{ "-" if bound == "lower" else "+" }} 1.959963984540054e0
                * sqrt(({{ p }} + {{ d }} - ({{ p }} - {{ d }}) * ({{ p }} - {{ d }})) / {{ n }})
            )
        {%- endset -%}
        {%- set score = nps(promoters, detractors, respondents) -%}
        {#- of nulls an engine takes the number -#}
        case
            when {{ respondents }} > 0 then
                {{ "greatest(-100e0, least(" if bound == "lower" else "least(100e0, greatest(" }}{{ adjusted }}, {{ score }}))
        end
    {%- endif -%}
{%- endmacro %}
