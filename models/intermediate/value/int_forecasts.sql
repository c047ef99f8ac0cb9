{{ config(materialized="view") }}

{#- What int_forecasts_fitted.py forecasts, on every engine. -#}
{{ python_model("int_forecasts_fitted", {
    "metric": "string",
    "segment_type": "string",
    "segment_value": "string",
    "method": "string",
    "origin": "date",
    "months_ahead": "integer",
    "period_start": "date",
    "value": "double",
    "lower_80": "double",
    "upper_80": "double",
    "lower_95": "double",
    "upper_95": "double",
    "actual": "double",
    "reason": "string",
}) }}
