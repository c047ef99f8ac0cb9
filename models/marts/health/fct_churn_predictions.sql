with forecasts as (
    select * from {{ ref("int_churn_forecasts") }}
),

reasons as (
    {{ python_model("int_churn_predictions_fitted", {
        "customer_id": "string",
        "horizon_days": "bigint",
        "reason_1": "string",
        "reason_1_value": "double",
        "reason_1_usual": "double",
        "reason_1_effect": "double",
        "reason_2": "string",
        "reason_2_value": "double",
        "reason_2_usual": "double",
        "reason_2_effect": "double",
        "reason_3": "string",
        "reason_3_value": "double",
        "reason_3_usual": "double",
        "reason_3_effect": "double",
    }) }}
),

final as (
    select
        forecasts.customer_id,
        cast(forecasts.horizon_days as integer) as horizon_days,
        forecasts.churn_probability,
        forecasts.model,
        forecasts.base_rate,
        cast(
            rank() over (
                partition by forecasts.horizon_days
                order by case when forecasts.churn_probability is null then 1 else 0 end asc, forecasts.churn_probability desc
            ) as bigint
        ) as risk_rank,
        reasons.reason_1,
        reasons.reason_1_value,
        reasons.reason_1_usual,
        reasons.reason_1_effect,
        reasons.reason_2,
        reasons.reason_2_value,
        reasons.reason_2_usual,
        reasons.reason_2_effect,
        reasons.reason_3,
        reasons.reason_3_value,
        reasons.reason_3_usual,
        reasons.reason_3_effect
    from forecasts
    left join reasons
        on forecasts.customer_id = reasons.customer_id and forecasts.horizon_days = reasons.horizon_days
)

select * from final
