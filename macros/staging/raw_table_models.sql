{# [raw table, its base model, its staging model] of every table of the input contract. #}
{% macro raw_table_models() %}
    {% set areas = {
        "subscription_events": "billing",
        "customers": "crm",
        "plans": "billing",
        "invoices": "billing",
        "orders": "orders",
        "product_usage": "product",
        "support_tickets": "support",
        "survey_responses": "surveys",
        "onboarding_milestones": "product",
        "acquisition_costs": "marketing",
        "exchange_rates": "billing",
        "campaign_contacts": "marketing",
        "targets": "planning",
        "annotations": "planning",
        "contracts": "billing",
        "source_tables": "connectors",
        "set_aside_rows": "connectors",
    } %}
    {% set models = [] %}
    {% for table, area in areas.items() %}
        {% do models.append([table, "base_" ~ area ~ "__" ~ table, "stg_" ~ area ~ "__" ~ table]) %}
    {% endfor %}
    {% do return(models) %}
{% endmacro %}
