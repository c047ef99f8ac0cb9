{#
    Every metric that may have a red flag or a target: the one list of them. A metric is a column of a report, or what `is`
    says of its columns; a new one is a line here, and nothing else.

    Of each report: `grains` that it has (all, if not said), `where` one row of it is a period and segment (all rows, if not
    said), and its metrics with the way that is `better`, their `unit`, and why one is null (`null_is`; no_value, if not said).
#}
{% macro metrics_by_report() %}
    {% set no_customers = {"null_is": "'no_customers'"} %}
    {% set low_count, high_count = {"better": "lower", "unit": "count"}, {"better": "higher", "unit": "count"} %}
    {% set low_share, high_share = {"better": "lower", "unit": "fraction"}, {"better": "higher", "unit": "fraction"} %}
    {% set low_money, high_money = {"better": "lower", "unit": "reporting currency"}, {"better": "higher", "unit": "reporting currency"} %}
    {% do return({
        "rpt_churn_rates": {"metrics": {
            "customers_start": high_count,
            "customers_new": high_count,
            "customers_reactivated": high_count,
            "customers_acquired": high_count,
            "customers_end": high_count,
            "customers_churned": low_count,
            "customers_churned_voluntary": low_count,
            "customers_churned_involuntary": low_count,
            "customers_churned_unknown": low_count,
            "customers_came_and_went": low_count,
            "customers_left_and_returned": low_count,
            "customers_lost_net": dict(low_count, is="customers_churned - customers_new - customers_reactivated"),
            "churn_rate": dict(low_share, **no_customers),
            "voluntary_churn_rate": dict(low_share, **no_customers),
            "involuntary_churn_rate": dict(low_share, **no_customers),
            "growth_rate": dict(high_share, **no_customers),
            "net_growth_rate": dict(high_share, **no_customers),
        }},
        "rpt_retention_rates": {"metrics": {
            "customers_retained": high_count,
            "retention_rate": dict(high_share, **no_customers),
            "crr": dict(high_share, **no_customers),
            "gross_revenue_retention": high_share,
            "net_revenue_retention": high_share,
        }},
        "rpt_mrr_movements": {"metrics": {
            "mrr_start": high_money,
            "mrr_new": high_money,
            "mrr_reactivation": high_money,
            "mrr_expansion": high_money,
            "mrr_contraction": high_money,
            "mrr_churn": high_money,
            "mrr_end": high_money,
            "mrr_downgraded_net": dict(low_money, is="-mrr_contraction - mrr_expansion + mrr_of_terms"),
            "arpa": dict(high_money, **no_customers),
            "quick_ratio": {"better": "higher", "unit": "ratio"},
            "gross_mrr_churn_rate": low_share,
            "net_mrr_churn_rate": low_share,
        }},
        "rpt_clv_by_month": {"grains": ["month"], "metrics": {
            "clv": dict(high_money, null_is="no_clv_reason"),
            "clv_fall": dict(low_share, null_is="no_clv_fall_reason"),
        }},
        "rpt_preventable_churn": {"metrics": {
            "customers_churned_preventable": low_count,
            "preventable_churn_rate": dict(low_share, **no_customers),
        }},
        "rpt_pauses": {"metrics": {"paused": low_count, "resume_rate": high_share, "renewal_rate": high_share}},
        "rpt_dunning": {"metrics": {"failures": low_count, "recovery_rate": high_share}},
        "rpt_repeat_purchases": {"metrics": {
            "orders": high_count,
            "buying_customers": high_count,
            "repeat_purchase_rate": high_share,
        }},
        "rpt_nps": {"where": "report.touchpoint_type = 'relational'", "metrics": {
            "respondents": high_count,
            "nps": {"better": "higher", "unit": "points from -100 to 100"},
            "response_rate": high_share,
        }},
    }) %}
{% endmacro %}


{# Each metric by its name, with its report and the grains that it is known at. #}
{% macro metrics_by_name() %}
    {% set found = {} %}
    {% for report, has in metrics_by_report().items() %}
        {% for name, metric in has.metrics.items() %}
            {% do found.update({name: dict(metric, report=report, grains=has.get("grains", period_grains()))}) %}
        {% endfor %}
    {% endfor %}
    {% do return(found) %}
{% endmacro %}
