{{ config(materialized="view") }}

{#-
    What a subscription was before each of its instants. It needs no recursion: as many ends as starts at an instant, or
    pauses as resumes, leave a subscription as it was, so the state before is that of the last instant with more of one.

    Only subscriptions with an instant at which the order decides are looked at.
-#}
with subscriptions_in_question as (
    select distinct subscription_id
    from (
        select subscription_id
        from {{ ref("int_subscription_events_thinned") }}
        where not is_alone
        group by subscription_id, occurred_at
        having
            (count(case when turn in ('start', 'renewed') then 1 end) > 0 and count(case when turn = 'end' then 1 end) > 0)
            or (count(case when turn = 'paused' then 1 end) > 0 and count(case when turn = 'resumed' then 1 end) > 0)
    ) as instants_in_question
),

instants as (
    select
        subscription_id,
        occurred_at,
        min(event_number) as first_number,
        count(case when turn = 'start' then 1 end) as starts,
        count(case when turn = 'renewed' then 1 end) as renewals,
        count(case when turn = 'end' then 1 end) as ends,
        count(case when turn = 'trial_started' then 1 end) as trials,
        count(case when turn = 'paused' then 1 end) as pauses,
        count(case when turn = 'resumed' then 1 end) as resumes
    from {{ ref("int_subscription_events_thinned") }}
    where subscription_id in (select subscriptions_in_question.subscription_id from subscriptions_in_question)
    group by subscription_id, occurred_at
),

decisions as (
    select
        *,
        case when starts > ends or (renewals > 0 and ends = 0) then first_number end as started_at_number,
        case when ends > starts then first_number end as ended_at_number,
        case when trials > 0 and starts + renewals + ends = 0 then first_number end as tried_at_number
    from instants
),

standings as (
    -- up to the instant: live, paused or on trial?
    select
        *,
        greatest(coalesce(max(started_at_number) over earlier, 0), coalesce(max(tried_at_number) over earlier, 0))
        > coalesce(max(ended_at_number) over earlier, 0) as goes_on
    from decisions
    window earlier as (
        partition by subscription_id order by occurred_at rows between unbounded preceding and 1 preceding
    )
),

with_starts as (
    -- a start comes before the pauses of its instant (+ 5), but after them where it follows an end
    select
        *,
        case
            when started_at_number is not null or (starts > 0 and starts = ends and goes_on)
                then 10 * first_number + case when ends > 0 then 9 else 0 end
        end as live_from
    from standings
),

activity as (
    select
        *,
        coalesce(max(live_from) over earlier, 0) > coalesce(10 * max(ended_at_number) over earlier, 0) as was_active
    from with_starts
    window earlier as (
        partition by subscription_id order by occurred_at rows between unbounded preceding and 1 preceding
    )
),

with_pauses as (
    -- as many of both leave a paused one paused, also beside a renewal; one that was not active resumes before it pauses
    select
        *,
        case when pauses > resumes or (pauses > 0 and not was_active) then 10 * first_number + 5 end as paused_from,
        case
            when resumes > pauses and (was_active or pauses = 0) then 10 * first_number + 5
            when not (pauses > 0 and pauses = resumes and was_active and ends = 0) then live_from
        end as unpaused_from
    from activity
),

states as (
    select
        *,
        was_active and coalesce(max(paused_from) over earlier, 0) > coalesce(max(unpaused_from) over earlier, 0) as was_paused
    from with_pauses
    window earlier as (
        partition by subscription_id order by occurred_at rows between unbounded preceding and 1 preceding
    )
)

select
    subscription_id,
    occurred_at,
    first_number,
    starts,
    ends,
    pauses,
    resumes,
    goes_on,
    was_active,
    was_paused
from states
