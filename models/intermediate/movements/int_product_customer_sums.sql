{{ config(materialized="view") }}

{#- How many customers hold a product at the end of a period and did not at its start, and the other way round. -#}
with changes as (
    select
        *,
        lag(changed_on) over in_time as previous_changed_on,
        lead(changed_on) over in_time as next_changed_on
    from {{ ref("int_product_holdings") }}
    window in_time as (partition by customer_id, product_id order by changed_at)
),

in_periods as (
    -- a customer begins and ceases in turn, so the first change of a period says what was before it
    select
        calendar.period_grain,
        calendar.period_start,
        changes.customer_id,
        changes.product_id,
        max(case when coalesce(changes.previous_changed_on < calendar.period_start, true) and not changes.is_held then 1 else 0 end)
            as held_at_start,
        max(case when coalesce(changes.next_changed_on >= calendar.period_end, true) and changes.is_held then 1 else 0 end)
            as holds_at_end
    from changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on changes.changed_on = calendar.date_day
    where calendar.period_grain not in ('{{ fine_grains() | join("', '") }}')
    group by calendar.period_grain, calendar.period_start, changes.customer_id, changes.product_id
)

select
    period_grain,
    period_start,
    product_id,
    sum(case when held_at_start < holds_at_end then 1 else 0 end) as customers_gained,
    sum(case when held_at_start > holds_at_end then 1 else 0 end) as customers_lost
from in_periods
group by period_grain, period_start, product_id
