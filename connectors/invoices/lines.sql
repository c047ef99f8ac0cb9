-- Every line in days: `until` is the day after its last.
with days as (
    select
        lines.*,
        coalesce(subscription_id, concat_ws('/', customer_id, product)) as subscription,
        coalesce(upper(currency), reporting_currency()) as money,
        coalesce(as_time(issued_at), as_time(begins)) as issued,
        as_number(amount) as gross,
        coalesce(as_number(refunded), case when statuses.means = 'refunded' then greatest(gross, 0) end, 0) as given_back,
        statuses.means,
        cast(as_time(begins) as date) as first_day,
        cast(as_time(ends) + interval 1 minute as date) as end_day  -- 23:59 is the next day
    from used.invoices as lines
    left join statuses on statuses.status = lower(lines.status)
),

-- Is `to` the last day or the one after it? Where next periods begin tells; if none does, which of both makes months.
next_periods as (
    select sum(2 * step.days - 1) as a_day_later
    from days
    cross join (values (0), (1)) as step (days)
    inner join days as followers
        on followers.subscription = days.subscription and followers.first_day = days.end_day + step.days
),

months as (
    select count(whole_months(first_day, end_day + 1)) - count(whole_months(first_day, end_day)) as a_day_longer from days
)

select
    *,
    coalesce(invoice_id, concat_ws('/', subscription, first_day)) as invoice,
    end_day + case when coalesce(nullif(a_day_later, 0), a_day_longer) > 0 then 1 else 0 end as until,
    max(case when issued <= now() then greatest(issued, as_time(synced_at)) end) over () as last_load
from days cross join next_periods cross join months
