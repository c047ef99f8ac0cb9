-- Events are the differences between a month and the one before it. In the last month of the table everyone stands, changed
-- or not, so that what is built from it reaches that month.
with calendar as (
    select distinct month_start, place from months
),

neighbours as (
    select
        months.*,
        lag(place) over in_time as place_before,
        lead(place) over in_time as place_after,
        row(amount, plan_id) is distinct from lag(row(amount, plan_id)) over in_time as is_another
    from months
    window in_time as (partition by subscription order by place)
),

events as (
    select
        * exclude (place),
        case
            when place_before is null then 'started'
            when place_before < place - 1 then 'reactivated'
            when is_another or place = (select max(place) from calendar) then 'changed'
        end as event_type
    from neighbours
    union all by name
    select
        neighbours.customer_id, neighbours.subscription, calendar.month_start, 'cancelled' as event_type
    from neighbours
    inner join calendar on calendar.place = neighbours.place + 1
    where neighbours.place_after is distinct from calendar.place
)

select
    concat_ws('/', subscription, strftime(month_start, '%Y-%m'), event_type) as event_id,
    customer_id,
    subscription as subscription_id,
    event_type,
    cast(month_start as timestamp) as occurred_at,
    plan_id,
    amount,
    currency
from events
where event_type is not null
