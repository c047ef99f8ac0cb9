{#-
    Every task that ever was: times of one trigger that overlap, or that follow sooner than its cool-down, are one task, so a
    condition that flickers does not ask twice. It began when the first of them did, which nothing that happens later moves.
-#}
with compared as (
    select
        triggers.*,
        plays.cooldown_days,
        max(coalesce(triggers.ended_at, timestamp '9000-01-01')) over (
            partition by triggers.customer_id, triggers.trigger_code, triggers.from_at
            order by triggers.began_at, triggers.ended_at, triggers.value
            rows between unbounded preceding and 1 preceding
        ) as previous_ended_at
    from {{ ref("int_triggers") }} as triggers
    inner join {{ ref("playbook") }} as plays
        on triggers.trigger_code = plays.trigger_code
),

numbered as (
    select
        *,
        sum(case when began_at < {{ days_later("previous_ended_at", "cooldown_days") }} then 0 else 1 end) over (
            partition by customer_id, trigger_code, from_at
            order by began_at, ended_at, value
            rows unbounded preceding
        ) as task
    from compared
),

ranked as (
    select
        *,
        row_number() over (
            partition by customer_id, trigger_code, from_at, task order by began_at desc, value desc
        ) as place_from_last
    from numbered
)

select
    customer_id,
    trigger_code,
    min(began_at) as triggered_at,
    max(began_at) as last_began_at,
    case when count(*) = count(ended_at) then max(ended_at) end as closed_at,
    -- a loss or a return ends all that is open
    case when count(*) = count(ended_at) then coalesce(max(case when ended_by <> 'condition' then ended_by end), 'condition') end
        as closed_by,
    max(case when place_from_last = 1 then value end) as value
from ranked
group by customer_id, trigger_code, from_at, task
