{#
    The parts of the health score, by name: the column of int_customer_features that each is made of. What they weigh and
    between which values they run stands in the seed health_parts.
#}
{% macro health_parts() %}
    {% do return({
        "login_recency": "days_since_use",
        "login_frequency": "days_used_weekly",
        "usage_trend": "use_trend",
        "core_features": "core_features",
        "advanced_features": "advanced_features",
        "feature_breadth": "features",
        "seats_in_use": "seats_share",
        "open_tickets": "tickets_open",
        "repeated_tickets": "tickets_repeated",
        "old_tickets": "tickets_old",
        "payment_trouble": "days_past_due",
        "latest_nps": "nps_score",
        "latest_csat": "csat_score",
        "negative_feedback": "has_negative_feedback",
        "onboarding": "milestones_share",
        "tenure": "tenure_days",
        "contact": "contact_cadences",
        "survey_silence": "is_survey_silent",
        "campaign_silence": "is_campaign_silent",
        "support_silence": "is_support_silent",
    }) %}
{% endmacro %}
