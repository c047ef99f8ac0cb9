"""Seeded synthetic landing data of any size, written set by set in DuckDB: 1 million customers take under a minute.

Not the demo business: nothing here is meant to look like a company. It is what speed depends on: about ten events a
customer, most of them renewals that change nothing, parts in the order in which events happened, text ids, some
customers with two subscriptions, and every kind of event.

Usage: python benchmarks/synthetic.py FOLDER --customers 1000000 [--events-of-one 1000000] [--share-of-one-segment 0.9]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

FIRST_DAY = "2021-01-01"
MONTHS = 48
MONTHLY_CHURN = 0.08
SECOND_SUBSCRIPTION = 0.05
PARTS = 16

# u(key) is a number in [0, 1) that depends on nothing but its key and the seed
SUBSCRIPTIONS = """
    create table subscriptions as
    select
        's' || subscription as subscription_id,
        subscription % {customers} as customer,
        u(subscription, 'plan') as plan_draw,
        timestamp '{first_day}'
        + interval 1 second * cast(floor(u(subscription, 'start') * {months} * 2629800) as bigint) as started_at,
        1 + cast(floor(ln(1 - u(subscription, 'life')) / ln(1 - {churn})) as integer) as months_alive
    from range({customers} + cast({customers} * {second} as bigint)) as numbers (subscription)
"""

EVENTS = """
    create table events as
    with months as (
        select
            *,
            cast(
                unnest(range(least(months_alive, datediff('month', started_at, timestamp '{last_day}')) + 1)) as integer
            ) as month
        from subscriptions
    ),
    drawn as (
        select
            *,
            started_at + interval 1 month * month as occurred_at,
            u(subscription_id, month) as draw,
            month = months_alive as is_last
        from months
    )
    select
        'e' || subscription_id || '-' || month as event_id,
        'c' || customer as customer_id,
        subscription_id,
        case
            when month = 0 then 'started'
            when is_last then 'cancelled'
            when draw < 0.03 then 'changed'
            when draw < 0.05 then 'payment_failed'
            when draw < 0.06 then 'paused'
            when draw < 0.07 then 'cancel_requested'
            else 'renewed'
        end as event_type,
        occurred_at,
        case when month = 0 or draw < 0.03 then 'plan_' || cast(floor(4 * plan_draw) as integer) end as plan_id,
        case
            when is_last then null
            when draw < 0.03 then cast(20 + floor(200 * draw / 0.03) as decimal(18, 2))
            else cast(20 * (1 + floor(4 * plan_draw)) as decimal(18, 2))
        end as amount,
        case when customer % 10 = 0 then 'EUR' else 'USD' end as currency,
        'month' as billing_interval,
        case
            when is_last and draw < 0.5
                then (['too_expensive', 'competitor', 'card_expired', 'outage'])[1 + customer % 4]
        end as reason_code,
        case when is_last then case when draw < 0.8 then 'customer' else 'system' end end as cancelled_by,
        occurred_at + interval 1 hour * cast(floor(48 * draw) as integer) as loaded_at
    from drawn
"""

# one customer that pauses and resumes all day long
SKEWED_CUSTOMER = """
    insert into events
    select
        'e-skew-' || number, 'c0', 's-skew',
        case when number = 0 then 'started' when number % 2 = 0 then 'resumed' else 'paused' end,
        timestamp '{first_day}' + interval 1 second * (number * 100), 'plan_0', 10, 'USD', 'month', null, null, null
    from range({events_of_one}) as numbers (number)
"""

CUSTOMERS = """
    create table customers as
    select
        'c' || customer as customer_id,
        timestamp '{first_day}' as created_at,
        'country_' || case when u(customer, 'skew') < {share_of_one} then 0 else customer % 20 end as country,
        (['smb', 'mid_market', 'enterprise', 'consumer'])[1 + customer % 4] as customer_segment,
        'industry_' || customer % 10 as industry,
        'channel_' || customer % 6 as acquisition_channel
    from range({customers}) as numbers (customer)
"""


def write_synthetic(
    folder: Path, customers: int, *, seed: int = 1, events_of_one: int = 0, share_of_one: float = 0.0
) -> int:
    """Write the landing tables and return the number of events.

    Args:
        folder: landing folder to write; it must not exist.
        customers: number of customers; events are about ten times as many.
        seed: the same seed writes the same rows.
        events_of_one: events of one customer on top, to skew by customer.
        share_of_one: share of the customers put into one country, to skew by segment.
    """
    (folder / "subscription_events").mkdir(parents=True)
    settings = {
        "customers": customers, "first_day": FIRST_DAY, "last_day": "2025-01-01", "months": MONTHS,
        "churn": MONTHLY_CHURN, "second": SECOND_SUBSCRIPTION,
        "events_of_one": events_of_one, "share_of_one": share_of_one,
    }  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(f"create macro u(a, b) as (hash(a, b, {seed}) >> 11) / 9007199254740992.0")
        for statement in (SUBSCRIPTIONS, EVENTS, *([SKEWED_CUSTOMER] if events_of_one else []), CUSTOMERS):
            connection.execute(statement.format(**settings))
        for part in range(PARTS):
            # as events happened: each part holds some months, the last one all that is left
            begin, end = MONTHS // PARTS * part, 1200 if part + 1 == PARTS else MONTHS // PARTS * (part + 1)
            connection.execute(
                f"copy (select * from events where occurred_at >= timestamp '{FIRST_DAY}' + interval {begin} month "
                f"and occurred_at < timestamp '{FIRST_DAY}' + interval {end} month) "
                f"to '{folder}/subscription_events/part-{part:03d}.parquet' (compression zstd)"
            )
        connection.execute(f"copy customers to '{folder}/customers.parquet'")
        connection.execute(
            f"copy (select date '2020-01-01' as rate_date, 'EUR' as currency, 1.1 as rate_to_reporting) "
            f"to '{folder}/exchange_rates.parquet'"
        )
        return connection.execute("select count(*) from events").fetchone()[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events-of-one", type=int, default=0)
    parser.add_argument("--share-of-one-segment", type=float, default=0.0)
    named = parser.parse_args()
    events = write_synthetic(
        named.folder,
        named.customers,
        seed=named.seed,
        events_of_one=named.events_of_one,
        share_of_one=named.share_of_one_segment,
    )
    print(f"{events:,} events of {named.customers:,} customers in {named.folder}")
