{#-
    One row per task that was still open when the time to do something was over, and whether somebody had been in touch by
    then. What came of it is looked at from there on, for both: who came right sooner could not have been changed by a
    later contact, and would count among those without one.
-#}
with due as (
    select
        tasks.customer_id,
        tasks.trigger_code,
        plays.metric,
        tasks.triggered_at,
        {{ days_later("tasks.triggered_at", "plays.due_days") }} as compared_at
    from {{ ref("int_tasks") }} as tasks
    inner join {{ ref("playbook") }} as plays
        on tasks.trigger_code = plays.trigger_code
    cross join {{ ref("int_report_moment") }} as moment
    where
        {{ days_later("tasks.triggered_at", "plays.due_days") }} <= moment.as_of
        and coalesce(tasks.closed_at > {{ days_later("tasks.triggered_at", "plays.due_days") }}, true)
),

acted_on as (
    select distinct
        due.customer_id,
        due.trigger_code,
        due.triggered_at
    from due
    inner join {{ ref("int_contacts") }} as contacts
        on
            due.customer_id = contacts.customer_id
            and due.triggered_at <= contacts.contacted_at
            and due.compared_at >= contacts.contacted_at
            and not contacts.is_control
)

select
    due.customer_id,
    due.trigger_code,
    due.metric,
    due.triggered_at,
    due.compared_at,
    acted_on.customer_id is not null as is_acted_on
from due
left join acted_on
    on
        due.customer_id = acted_on.customer_id
        and due.trigger_code = acted_on.trigger_code
        and due.triggered_at = acted_on.triggered_at
