{#- A milestone of the onboarding was not reached for so many days after it was due, until it is, or for so long. -#}
with late as (
    select
        plays.trigger_code,
        plays.threshold,
        milestones.customer_id,
        milestones.reached_at,
        {{ days_later("milestones.due_at", "plays.threshold") }} as began_at,
        {{ days_later("milestones.due_at", "plays.threshold + plays.within_days") }} as lapses_at
    from {{ ref("stg_product__onboarding_milestones") }} as milestones
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'milestone_past_due'
    where milestones.due_at is not null
)

select
    trigger_code,
    customer_id,
    began_at,
    least(reached_at, lapses_at) as ended_at,
    {{ as_double("threshold") }} as value
from late
where coalesce(reached_at > began_at, true)
