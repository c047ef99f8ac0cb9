{#- One row per task, and whether what it is to announce followed in time: a loss, or of the lost a return. -#}
with tasks as (
    select
        tasks.*,
        plays.applies_to,
        {{ days_later("tasks.triggered_at", "days.value") }} as until_at
    from {{ ref("int_tasks") }} as tasks
    inner join {{ ref("playbook") }} as plays
        on tasks.trigger_code = plays.trigger_code
    inner join {{ ref("thresholds") }} as days
        on days.threshold = 'trigger_review_days'
),

followed as (
    select distinct
        tasks.customer_id,
        tasks.trigger_code,
        tasks.triggered_at
    from tasks
    inner join {{ ref("int_trigger_events") }} as events
        on
            tasks.customer_id = events.customer_id
            and tasks.applies_to = events.applies_to
            and tasks.triggered_at < events.ended_at
            and tasks.until_at >= events.ended_at
)

select
    tasks.customer_id,
    tasks.trigger_code,
    {{ reporting_date("tasks.triggered_at") }} as triggered_on,
    tasks.triggered_at,
    {{ reporting_date("tasks.until_at") }} < moment.as_of_on as is_over,
    followed.customer_id is not null as is_followed
from tasks
cross join {{ ref("int_report_moment") }} as moment
left join followed
    on
        tasks.customer_id = followed.customer_id
        and tasks.trigger_code = followed.trigger_code
        and tasks.triggered_at = followed.triggered_at
