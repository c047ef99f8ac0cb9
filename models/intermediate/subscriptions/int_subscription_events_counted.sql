{{ config(materialized="view") }}

{#-
    The events at the time at which they count: an end that a start of the customer followed within `switch_grace_minutes`
    counts at that start, and so does whatever else happened to the subscription from its end until then. The order of its
    events stays, so the states between them do.
-#}
{%- set switches = ref("int_subscription_switches") -%}
{%- set some_wait = var("switch_grace_minutes") | int > 0 -%}

select
    events.subscription_id,
    events.event_number,
    events.event_id,
    events.event_type,
    {{ "coalesce(switches.counts_at, events.occurred_at)" if some_wait else "events.occurred_at" }} as occurred_at,
    events.customer_id,
    events.state_before,
    events.state_after,
    events.last_start,
    events.has_effect,
    events.plan_given,
    events.product_given,
    events.mrr_given,
    events.quantity_given,
    events.reason_code,
    events.cancelled_by
from {{ ref("int_subscription_event_states") }} as events
{%- if some_wait %}
left join {{ switches }} as switches
    on
        events.subscription_id = switches.subscription_id
        and events.occurred_at >= switches.ended_at
        and events.occurred_at < switches.counts_at
{%- endif %}
