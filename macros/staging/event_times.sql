{#
    [raw table, its staging model, when a row of it happened, when it began] of every table whose rows happen at a time:
    they decide as_of and where the calendar begins.
#}
{% macro event_times() %}
    {% do return([
        ["subscription_events", "stg_billing__subscription_events", "occurred_at", "occurred_at"],
        ["invoices", "stg_billing__invoices", "issued_at", "issued_at"],
        ["orders", "stg_orders__orders", "ordered_at", "ordered_at"],
        ["product_usage", "stg_product__product_usage", "cast(used_on as timestamp)", "cast(used_on as timestamp)"],
        ["onboarding_milestones", "stg_product__onboarding_milestones", "reached_at", "reached_at"],
        ["support_tickets", "stg_support__support_tickets", "opened_at", "opened_at"],
        ["survey_responses", "stg_surveys__survey_responses", "coalesce(responded_at, sent_at)", "coalesce(sent_at, responded_at)"],
        ["campaign_contacts", "stg_marketing__campaign_contacts", "contacted_at", "contacted_at"],
    ]) %}
{% endmacro %}
