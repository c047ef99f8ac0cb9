{#
    The currency of an amount that has to be converted; null for the reporting currency, so that a join by equality finds
    no rate. As a condition of its own in the join it would turn an outer join into a comparison of all with all.
#}
{% macro foreign_currency(currency) -%}
    nullif({{ currency }}, '{{ var("reporting_currency") | upper }}')
{%- endmacro %}
