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
        {%- set middle = adjusted_nps(promoters, detractors, respondents) -%}
        {%- set variance = variance_of_nps(promoters, detractors, respondents) -%}
        {%- set adjusted -%}
            {{ middle }} {{ "-" if bound == "lower" else "+" }} 1.959963984540054e0 * sqrt({{ variance }})
        {%- endset -%}
        {%- set score = nps(promoters, detractors, respondents) -%}
        {#- of nulls an engine takes the number -#}
        case
            when {{ respondents }} > 0 then
                {{ "greatest(-100e0, least(" if bound == "lower" else "least(100e0, greatest(" }}{{ adjusted }}, {{ score }}))
        end
    {%- endif -%}
{%- endmacro %}


{#
    A bound of the 95% interval of the difference of two scores, value - other: the adjusted-Wald intervals of two samples,
    widened to hold the difference itself; null where one has no respondents. Of the same customers asked twice it is wider
    than need be. Lewis and Sauro (2021), How to statistically compare two Net Promoter Scores; Rocks (2016), The American
    Statistician 70, 365-372.

    Arguments: value and other, relations with the columns promoters, detractors and respondents; bound ('lower' or 'upper').
#}
{% macro nps_difference(value, other, bound) -%}
    {%- set sides = [] -%}
    {%- for side in [value, other] -%}
        {%- do sides.append([side ~ ".promoters", side ~ ".detractors", side ~ ".respondents"]) -%}
    {%- endfor -%}
    {%- set adjusted -%}
        {{ adjusted_nps(*sides[0]) }} - {{ adjusted_nps(*sides[1]) }}
        {{ "-" if bound == "lower" else "+" }} 1.959963984540054e0
        * sqrt({{ variance_of_nps(*sides[0]) }} + {{ variance_of_nps(*sides[1]) }})
    {%- endset -%}
    {#- of nulls an engine takes the number -#}
    case
        when {{ value }}.respondents > 0 and {{ other }}.respondents > 0 then
            {{ "greatest(-200e0, least(" if bound == "lower" else "least(200e0, greatest(" }}{{ adjusted }}, {{ nps(*sides[0]) }} - {{ nps(*sides[1]) }}))
    end
{%- endmacro %}


{# The score after three more answers, 3/4 of them promoters and 3/4 detractors. #}
{% macro adjusted_nps(promoters, detractors, respondents) -%}
    100 * ({{ as_double(promoters) }} - {{ as_double(detractors) }}) / (nullif({{ as_double(respondents) }}, 0) + 3)
{%- endmacro %}


{# The variance of a score with these answers, in squared points. #}
{% macro variance_of_nps(promoters, detractors, respondents) -%}
    {%- set n = "(nullif(" ~ as_double(respondents) ~ ", 0) + 3)" -%}
    {%- set p = "((" ~ as_double(promoters) ~ " + 0.75e0) / " ~ n ~ ")" -%}
    {%- set d = "((" ~ as_double(detractors) ~ " + 0.75e0) / " ~ n ~ ")" -%}
    (10000 * ({{ p }} + {{ d }} - ({{ p }} - {{ d }}) * ({{ p }} - {{ d }})) / {{ n }})
{%- endmacro %}


{# What an interval of a change says of it, so that nobody acts on noise; null without one. #}
{% macro direction(lower, upper) -%}
    case when {{ lower }} > 0 then 'up' when {{ upper }} < 0 then 'down' when {{ lower }} <= {{ upper }} then 'no_clear_change' end
{%- endmacro %}


{# What a score is made of, summed over rows of int_survey_counts: `respondents` by band, and the weighted balance. #}
{% macro nps_sums() -%}
    cast(sum(respondents) as bigint) as respondents,
    {%- for band in ["promoter", "passive", "detractor"] %}
    cast(sum(case when {{ survey_band("score") }} = '{{ band }}' then respondents else 0 end) as bigint) as {{ band }}s,
    {%- endfor %}
    sum(weight) as weight,
    sum(case {{ survey_band("score") }} when 'promoter' then weight when 'detractor' then -weight else 0 end) as weighted_balance
{%- endmacro %}
