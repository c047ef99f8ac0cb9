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

horizons as (
    {% for days in health_horizons() %}
    select {{ days }} as horizon_days
    {{ "union all" if not loop.last }}
    {% endfor %}
),

shares as (
    select
        health_band,
        horizon_days,
        sum(customers) as customers,
        {{ ratio("sum(churned)", "sum(customers)") }} as churn_rate
    from {{ ref("int_churn_by_health_band") }}
    group by health_band, horizon_days
),

band_shares as (
    select
        shares.health_band,
        shares.horizon_days,
        shares.churn_rate
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
        horizons.horizon_days,
        coalesce(predicted.probability, band_shares.churn_rate, base.churn_rate) as churn_probability,
        case
            when predicted.probability is not null then predicted.model
            when band_shares.churn_rate is not null then 'health_score'
            when base.churn_rate is not null then 'base_rate'
        end as model,
        base.churn_rate as base_rate
    from live
    cross join horizons
    left join shares as base
        on horizons.horizon_days = base.horizon_days and base.health_band = 'all'
    left join band_shares
        on live.health_band = band_shares.health_band and horizons.horizon_days = band_shares.horizon_days
    left join predicted
        on live.customer_id = predicted.customer_id and horizons.horizon_days = predicted.horizon_days
)

select * from final
