-- What: a period ends as its last day ends. Each grain is folded by itself from the customers' changes, so this holds
--       only if every fold is right.
-- When it fails: int_net_changes_this_run lost or doubled a change at the boundary of the period returned.
with days as (
    select * from {{ ref("fct_segment_periods") }}
    where period_grain = 'day'
),

last_days as (
    select
        calendar.period_grain,
        calendar.period_start,
        max(calendar.date_day) as last_day
    from {{ ref("int_calendar_periods") }} as calendar
    group by calendar.period_grain, calendar.period_start
),

as_of_days as (
    -- by the segments that days have
    select
        'day' as period_grain,
        period_grain as grain,
        period_start,
        segment_type,
        segment_value,
        customers_end,
        mrr_end
    from {{ ref("fct_segment_periods") }}
),

periods as (
    select
        grain,
        period_start,
        segment_type,
        reported_value,
        sum(customers_end) as customers_end,
        sum(mrr_end) as mrr_end
    from ({{ as_reported("as_of_days") }}) as reported
    group by grain, period_start, segment_type, reported_value
)

select
    periods.*,
    days.customers_end as customers_end_of_last_day,
    days.mrr_end as mrr_end_of_last_day
from periods
inner join last_days
    on periods.grain = last_days.period_grain and periods.period_start = last_days.period_start
left join days
    on
        last_days.last_day = days.period_start
        and periods.segment_type = days.segment_type
        and periods.reported_value = days.segment_value
where
    days.customers_end is null
    or periods.customers_end <> days.customers_end
    or periods.mrr_end <> days.mrr_end
