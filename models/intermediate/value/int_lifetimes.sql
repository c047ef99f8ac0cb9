{{ config(materialized="view") }}

{#- What int_lifetimes_fitted.py fits, on every engine. -#}
{{ python_model("int_lifetimes_fitted", {
    "is_backtest": "boolean",
    "segment_type": "string",
    "segment_value": "string",
    "age_months": "integer",
    "customers": "bigint",
    "losses": "bigint",
    "fallback_segment_value": "string",
    "alpha": "double",
    "alpha_lower": "double",
    "alpha_upper": "double",
    "beta": "double",
    "beta_lower": "double",
    "beta_upper": "double",
    "residual_lifetime": "double",
    "residual_lifetime_lower": "double",
    "residual_lifetime_upper": "double",
    "survival": "double",
    "empirical_survival": "double",
    "log_likelihood": "double",
    "fit_note": "string",
}) }}
