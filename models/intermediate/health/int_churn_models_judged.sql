{#-
    Which prediction is best, and which is used. A model must earn its place: it is used where it ranks customers better
    than the health score beyond chance and its probabilities are nearer to what happened than the base rate.
-#}
with evaluated as (
    {{ python_model("int_churn_models_evaluated", {
        "model": "string",
        "horizon_days": "bigint",
        "fitted_to": "date",
        "fitted_rows": "bigint",
        "fitted_losses": "bigint",
        "evaluated_from": "date",
        "evaluated_to": "date",
        "evaluated_rows": "bigint",
        "evaluated_losses": "bigint",
        "auc": "double",
        "auc_lower": "double",
        "auc_upper": "double",
        "auc_gain": "double",
        "auc_gain_lower": "double",
        "auc_gain_upper": "double",
        "brier": "double",
        "brier_skill": "double",
        "calibration_slope": "double",
        "calibration_intercept": "double",
        "top_decile_lift": "double",
        "emp": "double",
        "emp_share": "double",
        "fit_note": "string",
    }) }}
),

judged as (
    select
        *,
        model in ('gradient_boosting', 'logistic') and coalesce(auc_gain_lower > 0 and brier_skill > 0, false) as is_earned,
        -- of equally good ones the simpler
        case model when 'base_rate' then 1 when 'health_score' then 2 when 'logistic' then 3 else 4 end as complexity
    from evaluated
),

ranked as (
    select
        *,
        row_number() over (
            partition by horizon_days
            order by case when auc is null then 1 else 0 end asc, auc desc, complexity asc
        ) as auc_rank,
        row_number() over (partition by horizon_days, is_earned order by auc desc, complexity asc) as earned_rank,
        max(case when is_earned then 1 else 0 end) over (partition by horizon_days) as models_earned,
        max(case when model = 'health_score' and auc is not null then 1 else 0 end) over (partition by horizon_days)
            as health_scores_judged
    from judged
),

final as (
    select
        model,
        cast(horizon_days as integer) as horizon_days,
        fitted_to,
        fitted_rows,
        fitted_losses,
        evaluated_from,
        evaluated_to,
        evaluated_rows,
        evaluated_losses,
        auc,
        auc_lower,
        auc_upper,
        auc_gain,
        auc_gain_lower,
        auc_gain_upper,
        brier,
        brier_skill,
        calibration_slope,
        calibration_intercept,
        top_decile_lift,
        emp,
        emp_share,
        auc is not null and auc_rank = 1 as is_best,
        case
            when models_earned = 1 then is_earned and earned_rank = 1
            when model = 'health_score' then health_scores_judged = 1
            when model = 'base_rate' then health_scores_judged = 0
            else false
        end as is_used,
        fit_note
    from ranked
)

select * from final
