-- What: a subscription that gave a billing interval, a count or a currency gives it with every later amount too.
-- When it warns: an amount without one is read as per month, count 1, in the reporting currency, as the contract says: after
--                a yearly amount that is twelve times the MRR. If that is not meant, send the terms with every amount.
{{ config(severity="warn") }}

with events as (
    select
        event_id,
        subscription_id,
        occurred_at,
        amount,
        coalesce(billing_interval, 'month') as billing_interval,
        coalesce(billing_interval_count, 1) as billing_interval_count,
        coalesce({{ foreign_currency("currency") }}, '') as foreign_currency,
        billing_interval is null as has_no_interval,
        billing_interval_count is null as has_no_count,
        currency is null as has_no_currency
    from {{ ref("stg_billing__subscription_events") }}
    where amount is not null
),

-- most subscriptions never have other terms than those that null stands for, and are not sorted
with_other_terms as (
    select subscription_id
    from events
    group by subscription_id
    having
        sum(case when billing_interval <> 'month' or billing_interval_count <> 1 or foreign_currency <> '' then 1 else 0 end) > 0
        and sum(case when has_no_interval or has_no_count or has_no_currency then 1 else 0 end) > 0
),

neighbours as (
    select
        *,
        lag(event_id) over in_time as previous_event_id,
        lag(billing_interval) over in_time as previous_interval,
        lag(billing_interval_count) over in_time as previous_count,
        lag(foreign_currency) over in_time as previous_currency
    from events
    where subscription_id in (select with_other_terms.subscription_id from with_other_terms)
    window in_time as (partition by subscription_id order by occurred_at, event_id)
)

select
    subscription_id,
    event_id,
    previous_event_id,
    amount,
    previous_interval,
    previous_count,
    previous_currency
from neighbours
where
    (has_no_interval and previous_interval <> 'month')
    or (has_no_count and previous_count <> 1)
    or (has_no_currency and previous_currency <> '')
order by subscription_id, occurred_at, event_id
