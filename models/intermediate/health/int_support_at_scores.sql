{#- The tickets of a scored customer at the end of the day, once it had opened one: those open, and those of late. -#}
with days as (
    select
        customer_id,
        happened_on,
        sum(backlog_change) as open_change,
        sum(old_backlog_change) as old_change
    from {{ ref("int_support_ticket_events") }}
    group by customer_id, happened_on
),

levels as (
    select
        customer_id,
        happened_on,
        sum(open_change) over until_here as tickets_open,
        sum(old_change) over until_here as tickets_old,
        lead(happened_on) over (partition by customer_id order by happened_on) as next_happened_on
    from days
    window until_here as (partition by customer_id order by happened_on rows unbounded preceding)
),

dates as (
    select
        scored_on,
        cast({{ dbt.dateadd("day", -30, "scored_on") }} as date) as month_before,
        cast({{ dbt.dateadd("day", -90, "scored_on") }} as date) as quarter_before
    from {{ ref("int_score_dates") }}
),

opened as (
    select
        events.customer_id,
        dates.scored_on,
        count(*) as tickets_90_days,
        count(case when events.is_repeat and events.happened_on > dates.month_before then 1 end) as tickets_repeated
    from {{ ref("int_support_ticket_events") }} as events
    inner join dates
        on events.happened_on > dates.quarter_before and events.happened_on <= dates.scored_on
    where events.event = 'opened'
    group by events.customer_id, dates.scored_on
)

select
    scored.customer_id,
    scored.scored_on,
    levels.tickets_open,
    levels.tickets_old,
    coalesce(opened.tickets_repeated, 0) as tickets_repeated,
    coalesce(opened.tickets_90_days, 0) as tickets_90_days
from {{ ref("int_scored_customers") }} as scored
inner join levels
    on
        scored.customer_id = levels.customer_id
        and scored.scored_on >= levels.happened_on
        and coalesce(scored.scored_on < levels.next_happened_on, true)
left join opened
    on scored.customer_id = opened.customer_id and scored.scored_on = opened.scored_on
