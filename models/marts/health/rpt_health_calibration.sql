select
    scored_on,
    health_band,
    horizon_days,
    customers,
    churned,
    {{ ratio("churned", "customers") }} as churn_rate,
    {{ wilson("churned", "customers", "lower") }} as churn_rate_lower,
    {{ wilson("churned", "customers", "upper") }} as churn_rate_upper
from {{ ref("int_churn_by_health_band") }}
