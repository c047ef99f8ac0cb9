{#-
    A long term (int_term_starts) ends within so many days: from then until it is renewed or ended, or until its last day is
    over.
-#}
with ending as (
    select
        terms.*,
        plays.trigger_code,
        plays.threshold
    from {{ ref("int_subscription_terms") }} as terms
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'term_ending'
),

timed as (
    select
        trigger_code,
        subscription_id,
        greatest({{ reporting_midnight(dbt.dateadd("day", "-cast(threshold as integer)", "ends_on")) }}, began_at) as began_at,
        least(next_at, {{ reporting_midnight(dbt.dateadd("day", 1, "ends_on")) }}) as ended_at
    from ending
)

select
    timed.trigger_code,
    states.customer_id,
    timed.began_at,
    timed.ended_at,
    {{ as_double("states.mrr") }} as value
from timed
inner join {{ ref("int_subscription_states") }} as states
    on
        timed.subscription_id = states.subscription_id
        and timed.began_at >= states.valid_from
        and coalesce(timed.began_at < states.valid_to, true)
where timed.began_at < timed.ended_at and states.is_active
