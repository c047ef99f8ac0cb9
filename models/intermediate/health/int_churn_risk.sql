{#- The probability to leave within the longest horizon, for what weighs customers by their risk. -#}
select
    customer_id,
    churn_probability as churn_risk,
    case when model in ('gradient_boosting', 'logistic') then 'model' when model = 'health_score' then 'score' else model end
        as risk_by
from {{ ref("int_churn_forecasts") }}
where horizon_days = {{ health_horizons() | max }}
