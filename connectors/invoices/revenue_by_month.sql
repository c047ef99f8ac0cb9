-- Revenue that each day of a period earns, beside MRR at the end of the month; null for a month that the file does not end.
with days as (
    select unnest(generate_series(date_trunc('month', first_day), until - 1, interval 1 month)) as month, lines.* from lines
),

revenue as (
    select
        cast(month as date) as month,
        money,
        sum(
            (gross - given_back) / (until - first_day)
            * datediff('day', greatest(first_day, month), least(until, month + interval 1 month))
        ) as revenue
    from days
    group by all
),

running as (
    select
        occurred_at,
        lead(occurred_at) over (partition by subscription_id order by occurred_at) as next_at,
        currency,
        amount / billing_interval_count
        / case billing_interval when 'year' then 12 when 'quarter' then 3 when 'month' then 1 else 12 / 365 end as mrr
    from subscription_events
),

mrr as (
    select revenue.month, running.currency as money, sum(running.mrr) as mrr
    from (select distinct month from revenue) as revenue
    inner join running
        on running.occurred_at < revenue.month + interval 1 month
        and coalesce(running.next_at >= revenue.month + interval 1 month, true)
    group by all
)

select
    revenue.month,
    revenue.money as currency,
    cast(revenue.revenue as decimal(18, 2)) as revenue_by_days,
    case when known.is_over then cast(coalesce(mrr.mrr, 0) as decimal(18, 2)) end as mrr_at_month_end,
    revenue_by_days - mrr_at_month_end as difference
from revenue
left join mrr using (month, money)
cross join lateral (select revenue.month + interval 1 month <= max(last_load) as is_over from lines) as known
