"""Seeded synthetic landing data of any size, written set by set in DuckDB: 1 million customers take under a minute.

Not the demo business: nothing here is meant to look like a company. It is what speed depends on: about ten events a
customer, most of them renewals that change nothing, parts in the order in which events happened, text ids, some
customers with two subscriptions, and every kind of event.

Usage: python benchmarks/synthetic.py FOLDER --customers 1000000 [--events-of-one 1000000] [--share-of-one-segment 0.9]
       python benchmarks/synthetic.py FOLDER --increment FILE.parquet    (what the next day brings to that folder)
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
INCREMENT_SHARE = 0.001
LATE_SHARE = 0.1
LATE_DAYS = 90
NEW_SUBSCRIPTION_SHARE = 0.05

# u(key) is a number in [0, 1) that depends on nothing but its key and the seed
DRAW = "create macro u(a, b) as (hash(a, b, {seed}) >> 11) / 9007199254740992.0"

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

# The next day's events: the first ones are late, the last ones start a subscription, the others go on with a live one.
# Same columns and types as the other parts, for parts that disagree are read as text.
INCREMENT = """
    create table increment as from events limit 0;

    insert into increment by name
    with live as (
        select
            subscription_id,
            any_value(customer_id) as customer_id,
            any_value(currency) as currency,
            min(occurred_at) as first_at,
            max_by(amount, occurred_at) as amount,
            row_number() over (order by u(subscription_id, 'pick'), subscription_id) - 1 as place,
            count(*) over () as places
        from events
        group by subscription_id
        having max_by(event_type, occurred_at) <> 'cancelled'
    ),
    days as (
        select max(occurred_at) as last_occurred_at, max(greatest(occurred_at, loaded_at)) as begins_at
        from events
    ),
    drawn as (
        select
            number,
            number < {late} as is_late,
            number >= {rows} - {new} as is_new,
            u(number, 'type') as type_draw,
            u(number, 'time') as time_draw
        from range({rows}) as numbers (number)
    )
    select
        'i' || number as event_id,
        case when is_new then 'n' || number else live.customer_id end as customer_id,
        case when is_new then 'n' || number else live.subscription_id end as subscription_id,
        case
            when is_new then 'started'
            when type_draw < 0.70 then 'renewed'
            when type_draw < 0.78 then 'changed'
            when type_draw < 0.84 then 'payment_failed'
            when type_draw < 0.88 then 'paused'
            when type_draw < 0.92 then 'cancel_requested'
            else 'cancelled'
        end as event_type,
        case
            when is_late
                -- not before its subscription began
                then greatest(first_at, last_occurred_at - to_seconds(time_draw * {late_days} * 86400))
            else begins_at + to_seconds(time_draw * 86400)
        end as occurred_at,
        case when is_new then 'plan_0' end as plan_id,
        case
            when is_new then 20
            when type_draw < 0.70 then live.amount
            when type_draw < 0.78 then cast(20 + floor(200 * time_draw) as decimal(18, 2))
        end as amount,
        case when is_new then 'USD' else live.currency end as currency,
        'month' as billing_interval,
        case when not is_new and type_draw >= 0.96 then 'too_expensive' end as reason_code,
        case when not is_new and type_draw >= 0.92 then 'customer' end as cancelled_by,
        begins_at + interval 1 day as loaded_at
    from drawn
    cross join days
    left join live
        on not drawn.is_new and drawn.number % live.places = live.place
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
        connection.execute(DRAW.format(seed=seed))
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


def write_increment(folder: Path, file: Path, *, share: float = INCREMENT_SHARE, seed: int = 1) -> int:
    """Write one more Parquet part of events, what the next day brings to a landing folder, and return its rows.

    A tenth of the rows (rounded down) are late: they occurred up to 90 days before the folder's last event. One in
    twenty (rounded down) starts a subscription of a new customer. All others occur after everything in the folder, and
    all are loaded later than everything in it, at one moment.

    Args:
        folder: landing folder that `write_synthetic` wrote, without an increment.
        file: Parquet file to write; moved into `folder`/subscription_events it has landed.
        share: its rows for each event in the folder, at least one row.
        seed: the same seed and folder write the same rows.
    """
    with duckdb.connect() as connection:
        connection.execute(DRAW.format(seed=seed))
        connection.execute(f"create view events as from read_parquet('{folder}/subscription_events/*.parquet')")
        rows = max(1, round(share * connection.execute("select count(*) from events").fetchone()[0]))
        settings = {
            "rows": rows, "late": int(LATE_SHARE * rows), "new": int(NEW_SUBSCRIPTION_SHARE * rows),
            "late_days": LATE_DAYS,
        }  # fmt: skip
        connection.execute(INCREMENT.format(**settings))
        connection.execute(f"copy (from increment order by occurred_at, event_id) to '{file}' (compression zstd)")
        return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events-of-one", type=int, default=0)
    parser.add_argument("--share-of-one-segment", type=float, default=0.0)
    parser.add_argument("--increment", type=Path, metavar="FILE", help="write the next day's events of FOLDER to FILE")
    named = parser.parse_args()
    if named.increment:
        written = write_increment(named.folder, named.increment, seed=named.seed)
        print(f"{written:,} new events for {named.folder} in {named.increment}")
    else:
        events = write_synthetic(
            named.folder,
            named.customers,
            seed=named.seed,
            events_of_one=named.events_of_one,
            share_of_one=named.share_of_one_segment,
        )
        print(f"{events:,} events of {named.customers:,} customers in {named.folder}")
