{# Within how many days of a score a loss is looked for, shortest first. #}
{% macro health_horizons() %}
    {% do return([30, 60, 90]) %}
{% endmacro %}
