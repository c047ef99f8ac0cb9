{# The days within which a customer leaves or stays, as scores and predictions are judged. warehouse/statistics/churn_model.py has the same. #}
{% macro churn_horizons() -%}
    {{ return([30, 60, 90]) }}
{%- endmacro %}
