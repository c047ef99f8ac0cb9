with quarters as (
    select * from {{ ref("int_periods") }}
    where period_grain = 'quarter'
),

tasks as (
    select
        reviewed.*,
        calendar.period_start
    from {{ ref("int_reviewed_tasks") }} as reviewed
    inner join {{ ref("int_calendar_periods") }} as calendar
        on reviewed.triggered_on = calendar.date_day and calendar.period_grain = 'quarter'
),

fired as (
    select
        period_start,
        trigger_code,
        count(*) as tasks,
        count(distinct customer_id) as customers,
        count(case when is_over then 1 end) as tasks_judged,
        count(case when is_over and is_followed then 1 end) as tasks_followed
    from tasks
    group by period_start, trigger_code
),

announced as (
    select
        calendar.period_start,
        events.trigger_code,
        count(*) as announced,
        percentile_cont(0.5) within group (order by {{ as_double("events.lead_days") }}) as median_lead_days
    from {{ ref("int_announced_events") }} as events
    inner join {{ ref("int_calendar_periods") }} as calendar
        on events.ended_on = calendar.date_day and calendar.period_grain = 'quarter'
    group by calendar.period_start, events.trigger_code
),

base as (
    -- of those who were so when the quarter began, how many ended so in as many days; and all who ended so in the quarter
    select
        quarters.period_start,
        events.applies_to,
        count(case when events.ended_on >= quarters.period_start and events.ended_on < quarters.period_end then 1 end) as happened,
        count(case when events.began_on < quarters.period_start then 1 end) as there,
        count(
            case
                when
                    events.began_on < quarters.period_start
                    and events.ended_on < {{ dbt.dateadd("day", "cast(days.value as integer)", "quarters.period_start") }}
                    then 1
            end
        ) as ended,
        max({{ dbt.dateadd("day", "cast(days.value as integer)", "quarters.period_start") }}) as until_on
    from quarters
    inner join {{ ref("thresholds") }} as days
        on days.threshold = 'trigger_review_days'
    inner join {{ ref("int_trigger_events") }} as events
        on
            quarters.period_end > events.began_on
            and quarters.period_start <= coalesce(events.ended_on, date '9999-12-31')
    group by quarters.period_start, events.applies_to
),

counts as (
    select
        quarters.period_start,
        quarters.period_end,
        quarters.is_complete_period,
        plays.trigger_code,
        plays.applies_to,
        coalesce(fired.tasks, 0) as tasks,
        coalesce(fired.customers, 0) as customers,
        sum(fired.tasks) over (partition by quarters.period_start) as tasks_of_all,
        sum(fired.tasks) over (partition by plays.trigger_code order by quarters.period_start rows unbounded preceding) as tasks_so_far,
        coalesce(fired.tasks_judged, 0) as tasks_judged,
        coalesce(fired.tasks_followed, 0) as tasks_followed,
        coalesce(base.happened, 0) as happened,
        coalesce(announced.announced, 0) as announced,
        announced.median_lead_days,
        case when base.until_on <= moment.as_of_on then {{ ratio("base.ended", "base.there") }} end as base_rate
    from quarters
    cross join {{ ref("playbook") }} as plays
    cross join {{ ref("int_report_moment") }} as moment
    left join fired
        on quarters.period_start = fired.period_start and plays.trigger_code = fired.trigger_code
    left join announced
        on quarters.period_start = announced.period_start and plays.trigger_code = announced.trigger_code
    left join base
        on quarters.period_start = base.period_start and plays.applies_to = base.applies_to
),

final as (
    select
        period_start,
        period_end,
        is_complete_period,
        trigger_code,
        applies_to,
        tasks,
        customers,
        {{ ratio("tasks", "tasks_of_all") }} as share_of_tasks,
        tasks_so_far is null as is_never_fired,
        happened,
        announced,
        {{ ratio("announced", "happened") }} as recall_rate,
        {{ wilson("announced", "happened", "lower") }} as recall_rate_lower,
        {{ wilson("announced", "happened", "upper") }} as recall_rate_upper,
        tasks_judged,
        tasks_followed,
        {{ ratio("tasks_followed", "tasks_judged") }} as precision_rate,
        {{ wilson("tasks_followed", "tasks_judged", "lower") }} as precision_rate_lower,
        {{ wilson("tasks_followed", "tasks_judged", "upper") }} as precision_rate_upper,
        median_lead_days,
        base_rate,
        {{ ratio(ratio("tasks_followed", "tasks_judged"), "base_rate") }} as lift
    from counts
)

select * from final
