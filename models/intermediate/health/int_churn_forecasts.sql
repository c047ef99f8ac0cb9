{#-
    How likely each live customer is to leave soon, by the best that is known: the model in use, else how many of its
    health band left at past month ends, else how many of all.
-#}
with live as (
    select
        scored.customer_id,
        scores.health_band
    from {{ ref("int_scored_customers") }} as scored
    inner join {{ ref("int_report_moment") }} as moment
        on scored.scored_on = moment.as_of_on
    left join {{ ref("int_health_scores") }} as scores
        on scored.customer_id = scores.customer_id and scored.scored_on = scores.scored_on
),

shares as (
    select * from {{ ref("int_churn_by_health_band") }}
),

band_shares as (
    select shares.*
    from shares
    inner join {{ ref("thresholds") }} as least
        on least.threshold = 'churn_share_least_customers' and shares.customers >= least.value
    where shares.health_band != 'all'
),

predicted as (
    {{ python_model("int_churn_predictions_fitted", {
        "customer_id": "string",
        "horizon_days": "bigint",
        "model": "string",
        "probability": "double",
    }) }}
),

final as (
    select
        live.customer_id,
        base.horizon_days,
        coalesce(predicted.probability, band_shares.churn_rate, base.churn_rate) as churn_probability,
        case
            when predicted.probability is not null then predicted.model
            when band_shares.churn_rate is not null then 'health_score'
            when base.churn_rate is not null then 'base_rate'
        end as model,
        base.churn_rate as base_rate
    from live
    cross join shares as base
    left join band_shares
        on live.health_band = band_shares.health_band and base.horizon_days = band_shares.horizon_days
    left join predicted
        on live.customer_id = predicted.customer_id and base.horizon_days = predicted.horizon_days
    where base.health_band = 'all'
)

select * from final
