-- From a customer to the landed events that do not count for it, and why: broken, an older version, later than
-- known_at, or not possible in the state the subscription was in. Of the first customer with a broken event, or of the
-- var asked_customer_id. The events that count are in events_behind_a_customer; lines that are no row at all have no
-- customer and are in rpt_quarantine only.
with asked as (
    {{ asked_customer(ref("base_billing__subscription_events"), where="row_status = 'quarantined'") }}
),

landed as (
    select events.*
    from {{ ref("base_billing__subscription_events") }} as events
    inner join asked
        on events.customer_id = asked.customer_id
)

select
    landed.event_id,
    landed.subscription_id,
    landed.event_type,
    landed.occurred_at,
    landed.loaded_at,
    case
        when landed.row_status = 'quarantined' then landed.quarantine_reason
        when landed.row_status = 'duplicate' then 'another version of the event counts'
        when landed.row_status = 'hidden' then 'loaded after known_at'
        else 'not possible: the subscription was ' || states.state_before
    end as why,
    landed.raw_row
from landed
left join {{ ref("int_subscription_event_states") }} as states
    on landed.event_id = states.event_id
where landed.row_status <> 'accepted' or not states.has_effect
order by landed.occurred_at, landed.event_id, landed.loaded_at
