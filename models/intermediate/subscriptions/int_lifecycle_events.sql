{{ config(materialized="view") }}

{#-
    What makes and ends customers: subscription events as landed, and what orders or use come to where those do. At most
    one of the two has rows.
-#}
{%- set relations = {"subscription": ref("stg_billing__subscription_events"), "activity": ref("int_activity_events")} -%}
{%- set columns = [
    "event_id", "customer_id", "subscription_id", "plan_id", "product_id", "occurred_at", "loaded_at", "amount",
    "billing_interval_count", "quantity", "event_type", "currency", "billing_interval", "reason_code", "cancelled_by",
] -%}

{% for lifecycle, relation in relations.items() if var("lifecycle") in ["auto", lifecycle] -%}
select {{ columns | join(", ") }}
from {{ relation }}
{{ "union all" if not loop.last }}
{% endfor %}
