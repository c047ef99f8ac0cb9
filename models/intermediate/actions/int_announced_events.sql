{#- One row per loss, or return, and trigger that was open then or within the days before, with the first time that it fired. -#}
select
    events.customer_id,
    events.ended_at,
    events.ended_on,
    tasks.trigger_code,
    {{ whole_days("min(tasks.triggered_at)", "events.ended_at") }} as lead_days
from {{ ref("int_trigger_events") }} as events
inner join {{ ref("thresholds") }} as days
    on days.threshold = 'trigger_review_days'
inner join {{ ref("int_tasks") }} as tasks
    on
        events.customer_id = tasks.customer_id
        -- of the same time as a customer, or as lost
        and events.began_at <= tasks.triggered_at
        and events.ended_at > tasks.triggered_at
        and coalesce(tasks.closed_at >= {{ days_later("events.ended_at", "-days.value") }}, true)
inner join {{ ref("playbook") }} as plays
    on tasks.trigger_code = plays.trigger_code and events.applies_to = plays.applies_to
group by events.customer_id, events.ended_at, events.ended_on, tasks.trigger_code
