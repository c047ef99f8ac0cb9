{#- The health score at the last month end of the window less that at the last one before: who has both. -#}
with scores as (
    select
        customer_id,
        scored_on,
        health_score
    from {{ ref("int_health_scores") }}
    where health_score is not null
),

days as (
    select
        states.customer_id,
        states.metric,
        states.moment_at,
        max(case when scores.scored_on <= states.moment_on then scores.scored_on end) as before_on,
        max(case when scores.scored_on > states.moment_on then scores.scored_on end) as after_on
    from {{ ref("int_play_states") }} as states
    inner join scores
        on states.customer_id = scores.customer_id and states.until_on >= scores.scored_on
    where states.measure = 'health_change' and states.was_active
    group by states.customer_id, states.metric, states.moment_at
)

select
    days.customer_id,
    days.metric,
    days.moment_at,
    after.health_score - before.health_score as value
from days
inner join scores as before
    on days.customer_id = before.customer_id and days.before_on = before.scored_on
inner join scores as after
    on days.customer_id = after.customer_id and days.after_on = after.scored_on
