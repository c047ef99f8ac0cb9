{#- Figures of int_customer_features that stand here as they are. -#}
{%- set features = [
    "days_used_weekly", "use_trend", "features", "seats_share", "tickets_open", "tickets_old",
    "tickets_90_days", "days_past_due", "failed_payments_90_days", "nps_score", "csat_score", "milestones_share",
    "is_survey_silent", "is_campaign_silent", "is_support_silent", "has_negative_feedback",
] -%}

with customers as (
    select * from {{ ref("dim_customers") }}
),

-- only customers of now are scored at as_of
features as (
    select features.*
    from {{ ref("int_customer_features") }} as features
    inner join {{ ref("int_report_moment") }} as moment
        on features.scored_on = moment.as_of_on
),

health as (
    select health.*
    from {{ ref("fct_customer_health") }} as health
    inner join {{ ref("int_report_moment") }} as moment
        on health.scored_on = moment.as_of_on
),

losses as (
    select
        *,
        row_number() over (partition by customer_id order by churned_at desc) as place_from_last
    from {{ ref("fct_churn_events") }}
),

tasks as (
    select
        customer_id,
        count(*) as open_triggers,
        {{ dbt.listagg("trigger_code", "', '", "order by trigger_code") }} as triggers,
        min(triggered_at) as triggered_at
    from {{ ref("int_tasks") }}
    where closed_at is null
    group by customer_id
),

final as (
    select
        customers.customer_id,
        customers.country,
        customers.customer_segment,
        customers.industry,
        customers.acquisition_channel,
        owners.owner,
        stages.stage as lifecycle_stage,
        stages.entered_on as stage_entered_on,
        customers.current_status,
        customers.current_plan_id,
        customers.current_mrr,
        customers.first_started_at,
        customers.tenure_days,
        losses.churned_at as last_churned_at,
        losses.churn_type as last_churn_type,
        losses.reason_code as last_reason_code,
        losses.returned_at as last_returned_at,
        cast(features.days_since_use as integer) as days_since_use,
        {%- for feature in features %}
        features.{{ feature }},
        {%- endfor %}
        uses.frequency_1 as engagement_frequency,
        cast(contacts.days_since_contact as integer) as days_since_contact,
        silent.is_flat as is_silent_churn,
        silent.is_unused as is_usage_churn,
        health.health_score,
        health.health_band,
        health.health_score_change,
        health.weight_known as health_weight_known,
        risks.churn_risk,
        risks.risk_by,
        predictions.reason_1 as churn_reason_1,
        predictions.reason_2 as churn_reason_2,
        predictions.reason_3 as churn_reason_3,
        worth.historic_revenue,
        worth.residual_value,
        worth.clv,
        worth.clv_to_cac,
        cast(coalesce(tasks.open_triggers, 0) as integer) as open_triggers,
        tasks.triggers,
        tasks.triggered_at as triggered_since
    from customers
    inner join {{ ref("int_customers") }} as owners
        on customers.customer_id = owners.customer_id
    inner join {{ ref("fct_customer_lifetime_values") }} as worth
        on customers.customer_id = worth.customer_id
    left join {{ ref("fct_lifecycle_stages") }} as stages
        on customers.customer_id = stages.customer_id and stages.left_on is null
    left join losses
        on customers.customer_id = losses.customer_id and losses.place_from_last = 1
    left join features
        on customers.customer_id = features.customer_id
    left join {{ ref("int_recent_use") }} as uses
        on customers.customer_id = uses.customer_id
    left join {{ ref("int_contacts_at_scores") }} as contacts
        on features.customer_id = contacts.customer_id and features.scored_on = contacts.scored_on
    left join {{ ref("fct_silent_churn") }} as silent
        on customers.customer_id = silent.customer_id
    left join health
        on customers.customer_id = health.customer_id
    left join {{ ref("int_churn_risk") }} as risks
        on customers.customer_id = risks.customer_id
    left join {{ ref("fct_churn_predictions") }} as predictions
        on customers.customer_id = predictions.customer_id and predictions.horizon_days = {{ health_horizons() | max }}
    left join tasks
        on customers.customer_id = tasks.customer_id
)

select * from final
