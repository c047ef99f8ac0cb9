-- A subscription begins with its first day that is paid for, and ends with a day after which nobody pays for longer than
-- a late invoice takes. Between two terms it goes on as it was.
with gap as (
    select value from thresholds where name = 'gap_days'
),

neighbours as (
    select
        states.*,
        gap.value as gap_days,
        lag(next_edge) over in_time as paid_until,
        lag(until) over in_time as term_before_ends,
        lead(day) over in_time as paid_again,
        row(amount, coalesce(months, days), plan_id, money) as terms_of_it,
        lag(terms_of_it) over in_time as terms_before
    from states cross join gap
    window in_time as (partition by subscription order by day)
),

events as (
    select
        *,
        day as occurred_on,
        case
            when paid_until is null then 'started'
            when day - paid_until > gap_days then 'reactivated'
            when day = first_day and term_before_ends <= day then 'renewed'
            when terms_of_it <> terms_before then 'changed'
        end as event_type
    from neighbours
    union all by name
    select
        *,
        next_edge as occurred_on,
        case when next_edge < until then 'cancelled' else 'expired' end as event_type
    from neighbours
    where
        paid_again - next_edge > gap_days
        or (paid_again is null and next_edge < until)
        or (paid_again is null and (select cast(max(last_load) as date) from lines) - next_edge > gap_days)
)

select
    concat_ws('/', subscription, occurred_on, event_type) as event_id,
    customer_id,
    subscription as subscription_id,
    event_type,
    cast(occurred_on as timestamp) as occurred_at,
    plan_id,
    case when occurred_on = day then amount end as amount,
    money as currency,
    case when months % 12 = 0 then 'year' when months % 3 = 0 then 'quarter' when months > 0 then 'month' else 'day' end
        as billing_interval,
    case when months % 12 = 0 then months // 12 when months % 3 = 0 then months // 3 else coalesce(months, days) end
        as billing_interval_count
from events
where event_type is not null
