{#- What was known of each customer at the end of each day of scoring: one row of figures for scores and predictions. -#}
{%- set since = {
    "tickets": ["tickets_open", "tickets_old", "tickets_repeated", "tickets_90_days"],
    "failures": ["days_past_due", "failed_payments_90_days"],
} -%}
{%- set signals = {
    "is_survey_silent": ("surveys", "stopped_answering"),
    "is_campaign_silent": ("contacts", "stopped_opening"),
    "is_support_silent": ("tickets", "stopped_asking"),
    "has_negative_feedback": ("surveys", "negative_feedback"),
} -%}
{%- set sources = ["use", "seats", "support", "payments", "answers", "onboarding", "contacts", "signals"] -%}

select
    scored.customer_id,
    scored.scored_on,
    scored.customer_since,
    {{ dbt.datediff("scored.customer_since", "scored.scored_on", "day") }} as tenure_days,
    scored.mrr,
    scored.plan_id,
    use.days_since_use,
    use.days_used_weekly,
    use.use_trend,
    cast(use.core_features as integer) as core_features,
    cast(use.advanced_features as integer) as advanced_features,
    cast(use.features as integer) as features,
    {{ ratio("use.active_seats", "seats.seats_paid") }} as seats_share,
    -- since it is recorded of anybody, who has no row has none
    {%- for what, figures in since.items() %}
    {%- for figure in figures %}
    case when scored.scored_on >= recorded.{{ what }}_since then cast(coalesce({{ figure }}, 0) as integer) end as {{ figure }},
    {%- endfor %}
    {%- endfor %}
    {%- for figure, (what, signal) in signals.items() %}
    case when scored.scored_on >= recorded.{{ what }}_since then coalesce(signals.has_{{ signal }}, false) end as {{ figure }},
    {%- endfor %}
    answers.nps_score,
    answers.csat_score,
    onboarding.milestones_share,
    contacts.contact_cadences
from {{ ref("int_scored_customers") }} as scored
cross join {{ ref("int_recorded_since") }} as recorded
{%- for source in sources %}
left join {{ ref("int_" ~ source ~ "_at_scores") }} as {{ source }}
    on scored.customer_id = {{ source }}.customer_id and scored.scored_on = {{ source }}.scored_on
{%- endfor %}
