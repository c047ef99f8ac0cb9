{#- How many of a scored customer's onboarding milestones were due by the end of the day, and how many of these reached. -#}
with milestones as (
    select
        milestones.customer_id,
        {{ reporting_date("milestones.due_at") }} as due_on,
        case when milestones.reached_at <= moment.as_of then {{ reporting_date("milestones.reached_at") }} end as reached_on
    from {{ ref("stg_product__onboarding_milestones") }} as milestones
    inner join {{ ref("int_report_moment") }} as moment
        on milestones.due_at <= moment.as_of
),

changes as (
    select
        customer_id,
        due_on as changed_on,
        1 as due_change,
        0 as reached_change
    from milestones
    union all
    -- one reached early counts from when it was due
    select
        customer_id,
        greatest(due_on, reached_on) as changed_on,
        0 as due_change,
        1 as reached_change
    from milestones
    where reached_on is not null
),

days as (
    select
        customer_id,
        changed_on,
        sum(due_change) as due_change,
        sum(reached_change) as reached_change
    from changes
    group by customer_id, changed_on
),

levels as (
    select
        customer_id,
        changed_on,
        sum(due_change) over until_here as milestones_due,
        sum(reached_change) over until_here as milestones_reached,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on
    from days
    window until_here as (partition by customer_id order by changed_on rows unbounded preceding)
)

select
    scored.customer_id,
    scored.scored_on,
    {{ ratio("levels.milestones_reached", "levels.milestones_due") }} as milestones_share
from {{ ref("int_scored_customers") }} as scored
inner join levels
    on
        scored.customer_id = levels.customer_id
        and scored.scored_on >= levels.changed_on
        and coalesce(scored.scored_on < levels.next_changed_on, true)
