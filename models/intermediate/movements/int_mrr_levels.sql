{#-
    How many customers pay each amount at the end of each period: a customer more from a change on, one fewer at the amount
    before. Amounts, not customers, are laid on the periods, as many pay the same; where each pays an amount of its own, it
    is a row per customer and period, so not by day and week.
-#}
with changes as (
    select
        changed_on,
        mrr,
        1 as customers
    from {{ ref("int_customer_changes") }}
    where mrr > 0
    union all
    select
        changed_on,
        previous_mrr as mrr,
        -1 as customers
    from {{ ref("int_customer_changes") }}
    where previous_mrr > 0
),

net_changes as (
    select
        changed_on,
        mrr,
        sum(customers) as customers
    from changes
    group by changed_on, mrr
    having sum(customers) <> 0
),

by_period as (
    select
        calendar.period_grain,
        calendar.period_start,
        net_changes.mrr,
        sum(net_changes.customers) as customers
    from net_changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on net_changes.changed_on = calendar.date_day
    where calendar.period_grain in ('{{ cell_grains() | join("', '") }}')
    group by calendar.period_grain, calendar.period_start, net_changes.mrr
),

running as (
    select
        period_grain,
        period_start,
        mrr,
        sum(customers) over until_here as customers,
        lead(period_start) over (partition by period_grain, mrr order by period_start) as next_period_start
    from by_period
    window until_here as (partition by period_grain, mrr order by period_start rows unbounded preceding)
)

select
    periods.period_grain,
    periods.period_start,
    running.mrr,
    cast(running.customers as bigint) as customers
from running
inner join {{ ref("int_periods") }} as periods
    on
        running.period_grain = periods.period_grain
        and running.period_start <= periods.period_start
        and coalesce(running.next_period_start > periods.period_start, true)
where running.customers > 0
