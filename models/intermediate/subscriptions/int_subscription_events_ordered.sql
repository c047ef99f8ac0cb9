{{ config(materialized="view") }}

{#-
    The order of events at one instant. Ends and starts take turns, and so do pauses and resumes, by the state before: what
    goes on ends first and starts after its end, what does not starts first and ends after. So with as many starts as ends
    a subscription is what it was before (a trial becomes live), else the more frequent of the two decides.

    Where times are dates, one that came and went on a day was there: its end counts a microsecond later.
-#}
with turns as (
    select
        events.subscription_id,
        events.event_id,
        events.occurred_at,
        events.event_number,
        events.rank_at_instant,
        events.turn,
        states.first_number,
        states.starts,
        states.ends,
        states.pauses,
        states.resumes,
        states.goes_on,
        states.was_active,
        states.was_paused,
        row_number() over (
            partition by events.subscription_id, events.occurred_at, events.turn order by events.event_number
        ) - 1 as turns_before
    from {{ ref("int_subscription_events_thinned") }} as events
    inner join {{ ref("int_subscription_instants") }} as states
        on events.subscription_id = states.subscription_id and events.occurred_at = states.occurred_at
),

placed as (
    -- thousandths of a rank: room for hundreds of turns at one instant
    select
        *,
        case
            when turn = 'start' and ends > 0 and goes_on then 10001 + 2 * turns_before
            when turn = 'start' and ends > 0 and turns_before > 0 then 9999 + 2 * turns_before
            when turn = 'end' then 10000 + 2 * turns_before
            when turn = 'resumed' and pauses > 0 and was_active and not was_paused then 8001 + 2 * turns_before
            when turn = 'resumed' and pauses > 0 and was_paused and turns_before > 0 then 7999 + 2 * turns_before
            when turn = 'paused' then 8000 + 2 * turns_before
            else 1000 * rank_at_instant
        end as place
    from turns
),

numbered as (
    select
        event_id,
        first_number - 1 + row_number() over (
            partition by subscription_id, occurred_at order by place, event_number
        ) as event_number,
        not was_active
        and turn = 'end'
        and place > max(case when turn in ('start', 'renewed') then place end) over (partition by subscription_id, occurred_at)
            as came_and_went
    from placed
)

select
    events.event_id,
    events.subscription_id,
    case
        when numbered.came_and_went and moment.times_are_dates then events.occurred_at + interval '1 microsecond'
        else events.occurred_at
    end as occurred_at,
    coalesce(numbered.event_number, events.event_number) as event_number
from {{ ref("int_subscription_events_thinned") }} as events
cross join {{ ref("int_report_moment") }} as moment
left join numbered
    on events.event_id = numbered.event_id
