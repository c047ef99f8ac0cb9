-- From a customer to its events: each landed event in the order in which it counts, the state before and after, and
-- whether it had an effect. Of the first customer that was lost, or of the var asked_customer_id. A renewal that
-- repeats the one before has no state of its own (counts_at, states and has_effect are null): it changes nothing.
-- counts_at is later than occurred_at for an end that a start of the customer followed within switch_grace_minutes.
-- Rows that could not be read are in rpt_quarantine.
with asked as (
    {{ asked_customer(ref("fct_churn_events")) }}
)

select
    events.subscription_id,
    events.occurred_at,
    states.occurred_at as counts_at,
    events.event_type,
    states.state_before,
    states.state_after,
    states.has_effect,
    events.plan_id,
    events.amount,
    events.currency,
    events.reason_code,
    events.loaded_at,
    events.event_id
from {{ ref("stg_billing__subscription_events") }} as events
inner join asked
    on events.customer_id = asked.customer_id
left join {{ ref("int_subscription_events_counted") }} as states
    on events.event_id = states.event_id
order by events.subscription_id, events.occurred_at, states.event_number, events.event_id
