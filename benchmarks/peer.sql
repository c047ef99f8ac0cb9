-- The peer: monthly movements by a month spine, the approach that playbooks publish. Every customer gets a row for every
-- month from its first to the end of the data, the row gets what was subscribed then, and `lag` over the rows says what
-- changed. Every step is a stored table, as dbt models are. One grain, no segments, no churn types, no checks of rows.
--
-- Its monthly counts may differ from ours. It looks at customers at month ends only, so who came and went between two of
-- them never was a customer, and is new, not reactivated, when coming back; ours remembers. The synthetic data have no
-- such customer, so there the two agree: bench.py compares them.

-- stretches of one price, not one per renewal: a row for each event would only make the spine's join dearer
create table subscription_periods as
with priced as (
    select
        events.customer_id,
        events.subscription_id,
        events.occurred_at,
        case
            when events.event_type in ('started', 'reactivated', 'renewed', 'resumed') then 'live'
            when events.event_type in ('cancelled', 'expired') then 'ended'
            when events.event_type = 'paused' then 'paused'
        end as state_given,
        case
            when events.event_type in ('started', 'reactivated', 'renewed', 'changed')
                then
                    events.amount * coalesce(rates.rate_to_reporting, 1)
                    / case events.billing_interval when 'year' then 12 when 'quarter' then 3 else 1 end
        end as mrr_given
    from subscription_events as events
    left join exchange_rates as rates
        on events.currency = rates.currency
    where
        events.event_type in (
            'started', 'reactivated', 'renewed', 'changed', 'paused', 'resumed', 'cancelled', 'expired'
        )
),

states as (
    select
        customer_id,
        subscription_id,
        occurred_at,
        last_value(state_given ignore nulls) over in_time as state,
        last_value(mrr_given ignore nulls) over in_time as mrr
    from priced
    window in_time as (partition by subscription_id order by occurred_at)
),

changes as (
    select *
    from states
    window in_time as (partition by subscription_id order by occurred_at)
    qualify state is distinct from lag(state) over in_time or mrr is distinct from lag(mrr) over in_time
)

select
    customer_id,
    subscription_id,
    occurred_at as valid_from,
    -- not null where it still runs: with an `or` in the spine's join DuckDB would compare all rows with all rows
    coalesce(lead(occurred_at) over (partition by subscription_id order by occurred_at), 'infinity') as valid_to,
    case when state = 'live' then mrr else 0 end as mrr
from changes
qualify state in ('live', 'paused');

create table customer_months as
with customers as (
    select
        customer_id,
        date_trunc('month', min(valid_from)) as first_month
    from subscription_periods
    group by customer_id
),

months as (
    select unnest(generate_series(date_trunc('month', min(occurred_at)), max(occurred_at), interval 1 month)) as month_start
    from subscription_events
),

spine as (
    select
        customers.customer_id,
        months.month_start,
        months.month_start + interval 1 month as month_end
    from customers
    inner join months
        on customers.first_month <= months.month_start
)

-- what is subscribed when the month is over
select
    spine.customer_id,
    spine.month_start,
    count(periods.subscription_id) > 0 as is_active,
    coalesce(sum(periods.mrr), 0) as mrr
from spine
left join subscription_periods as periods
    on
        spine.customer_id = periods.customer_id
        and periods.valid_from < spine.month_end
        and periods.valid_to >= spine.month_end
group by spine.customer_id, spine.month_start;

create table mrr as
with previous as (
    select
        *,
        coalesce(lag(is_active) over in_time, false) as was_active,
        coalesce(lag(mrr) over in_time, 0) as previous_mrr,
        min(case when is_active then month_start end) over (partition by customer_id) as first_active_month
    from customer_months
    window in_time as (partition by customer_id order by month_start)
)

select
    *,
    mrr - previous_mrr as mrr_change,
    case
        when is_active and not was_active and month_start = first_active_month then 'new'
        when is_active and not was_active then 'reactivation'
        when was_active and not is_active then 'churn'
        when mrr > previous_mrr then 'upgrade'
        when mrr < previous_mrr then 'downgrade'
    end as change_category
from previous;

create table monthly_movements as
select
    cast(month_start as date) as month_start,
    count(*) filter (where was_active) as customers_start,
    count(*) filter (where change_category = 'new') as customers_new,
    count(*) filter (where change_category = 'reactivation') as customers_reactivated,
    count(*) filter (where change_category = 'churn') as customers_churned,
    sum(previous_mrr) as mrr_start,
    coalesce(sum(mrr_change) filter (where change_category = 'new'), 0) as mrr_new,
    coalesce(sum(mrr_change) filter (where change_category = 'reactivation'), 0) as mrr_reactivation,
    coalesce(sum(mrr_change) filter (where change_category = 'upgrade'), 0) as mrr_upgrade,
    coalesce(sum(mrr_change) filter (where change_category = 'downgrade'), 0) as mrr_downgrade,
    coalesce(sum(mrr_change) filter (where change_category = 'churn'), 0) as mrr_churn
from mrr
group by month_start;

select month_start, customers_start, customers_new, customers_churned
from monthly_movements
order by month_start;
