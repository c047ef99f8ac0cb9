{#
    Percentiles of a column, in between two values where they fall there, as a list: several cost hardly more than one.

    Arguments: a column of doubles; shares such as [0.5, 0.9].
#}
{% macro percentiles(column, shares) -%}
    {{ adapter.dispatch("percentiles")(column, shares | join(", ")) }}
{%- endmacro %}

{% macro default__percentiles(column, shares) -%} quantile_cont({{ column }}, [{{ shares }}]) {%- endmacro %}
{% macro postgres__percentiles(column, shares) -%} percentile_cont(array[{{ shares }}]) within group (order by {{ column }}) {%- endmacro %}
{% macro spark__percentiles(column, shares) -%} percentile({{ column }}, array({{ shares }})) {%- endmacro %}


{# One of such a list, counted from 1. #}
{% macro percentile_of(list, number) -%}
    {{ adapter.dispatch("percentile_of")(list, number) }}
{%- endmacro %}

{% macro default__percentile_of(list, number) -%} {{ list }}[{{ number }}] {%- endmacro %}
{% macro spark__percentile_of(list, number) -%} element_at({{ list }}, {{ number }}) {%- endmacro %}


{# The middle value of a column of doubles, between the two in the middle where there are two. #}
{% macro median(column) -%}
    {{ adapter.dispatch("median")(column) }}
{%- endmacro %}

{% macro default__median(column) -%} quantile_cont({{ column }}, 0.5) {%- endmacro %}
{% macro postgres__median(column) -%} percentile_cont(0.5) within group (order by {{ column }}) {%- endmacro %}
{% macro spark__median(column) -%} percentile({{ column }}, 0.5) {%- endmacro %}
