-- From when on a subscription was in which state. A version was loaded when something had changed, and the moments that
-- Stripe itself names come before that; what was before the first version follows from its dates.
with versions as (
    select
        *,
        as_time(coalesce(version_at, synced_at, created)) as loaded,
        row_number() over versions_so_far as nth,
        lag(lower(status)) over versions_so_far as status_before
    from used.subscription_history
    window versions_so_far as (partition by id order by as_time(coalesce(version_at, synced_at, created)), synced_at)
),

loaded as (
    select
        id as subscription_id,
        customer_id,
        case
            when lower(status) = 'canceled' then least(coalesce(as_time(ended_at), loaded), loaded)
            when status_before = 'trialing' then least(coalesce(as_time(trial_end), loaded), loaded)
            else loaded
        end as moment,
        100 + nth as place,
        lower(status) as status,
        pause is not null as is_paused,
        case
            when as_time(canceled_at) < as_time(ended_at) then as_time(canceled_at)
            when ended_at is null and (as_yes(coalesce(cancel_at_period_end, 'false')) or cancel_at is not null)
                then as_time(canceled_at)
        end as cancel_requested_at,
        reason,
        feedback,
        comment
    from versions
),

firsts as (
    select subscription_id, min(moment) as moment from loaded group by subscription_id
),

every as (
    select * from loaded
    union all by name
    select dated_states.*
    from dated_states
    inner join firsts on dated_states.subscription_id = firsts.subscription_id and dated_states.moment < firsts.moment
)

select * from every
qualify row_number() over (partition by subscription_id, moment order by place desc) = 1
