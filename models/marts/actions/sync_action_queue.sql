with moment as (
    select * from {{ ref("int_report_moment") }}
),

latest as (
    -- one row per customer and trigger: an open task, or the last one for a while after it closed
    select *
    from (
        select
            tasks.*,
            row_number() over (
                partition by tasks.customer_id, tasks.trigger_code order by tasks.triggered_at desc
            ) as place
        from {{ ref("int_tasks") }} as tasks
    ) as placed
    where place = 1
),

shown as (
    select
        latest.*,
        moment.as_of_on
    from latest
    cross join moment
    inner join {{ ref("thresholds") }} as closed
        on closed.threshold = 'closed_task_days'
    where coalesce(latest.closed_at > {{ days_later("moment.as_of", "-closed.value") }}, true)
),

signals as (
    select
        customer_id,
        count(*) as signals
    from shown
    where closed_at is null
    group by customer_id
),

-- of the lost what they paid before
worth as (
    select
        customer_id,
        case when is_active then mrr else previous_mrr end as mrr
    from {{ ref("int_customer_changes") }}
    where next_changed_at is null
),

valued as (
    select
        shown.*,
        plays.action,
        plays.reason,
        plays.unit,
        plays.metric,
        plays.owner_role,
        coalesce(customers.owner, plays.owner_role) as owner,
        cast({{ dbt.dateadd("day", "plays.due_days", reporting_date("shown.last_began_at")) }} as date) as due_on,
        coalesce(signals.signals, 0) as signals,
        -- the lost are lost; of whom nobody knows a risk all is at risk
        {{ as_double("worth.mrr") }} * coalesce(risks.churn_risk, 1) as value_at_risk
    from shown
    inner join {{ ref("playbook") }} as plays
        on shown.trigger_code = plays.trigger_code
    inner join worth
        on shown.customer_id = worth.customer_id
    left join {{ ref("int_churn_risk") }} as risks
        on shown.customer_id = risks.customer_id
    left join {{ ref("int_customers") }} as customers
        on shown.customer_id = customers.customer_id
    left join signals
        on shown.customer_id = signals.customer_id
),

ranked as (
    -- what is closed has no place in the order, and comes after what is open
    select
        *,
        row_number() over (
            partition by owner
            order by
                case when closed_at is null then 0 else 1 end asc,
                value_at_risk * signals desc,
                due_on asc,
                customer_id asc,
                trigger_code asc
        ) as place_of_owner
    from valued
),

final as (
    select
        customer_id,
        trigger_code,
        triggered_at,
        case when closed_at is null then 'open' else 'closed' end as status,
        closed_at,
        closed_by,
        action,
        reason,
        value,
        unit,
        metric,
        owner_role,
        owner,
        due_on,
        closed_at is null and due_on < as_of_on as is_overdue,
        cast(signals as integer) as signals,
        value_at_risk,
        case when closed_at is null then cast(place_of_owner as integer) end as priority,
        case
            when closed_at is null
                then cast(
                    {{ dbt.dateadd("day", "cast(floor((place_of_owner - 1) / " ~ as_double(var("tasks_per_owner_and_day")) ~ ") as integer)", "as_of_on") }}
                    as date
                )
        end as planned_on
    from ranked
)

select * from final
