"""Seeded synthetic landing data of a business that lands every table, of any size, and what the next day brings to it.

Of synthetic.py's business (customers, events) what lasts longest: use of the product, some 264 rows a customer; besides
an invoice for every event, orders, tickets, surveys, contacts and milestones. At 200,000 customers these are 53 million
rows of use, 2 million events and invoices, a million orders, 0.6 million answers.

Usage: python benchmarks/synthetic_tables.py FOLDER --customers 200000
       python benchmarks/synthetic_tables.py FOLDER --next-day OTHER_FOLDER    (one more part of every table)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import duckdb

sys.path[:0] = [str(Path(__file__).parent)]  # the scripts here are no package

from synthetic import (  # noqa: E402 - after the path
    DRAW,
    FIRST_DAY,
    INCREMENT_SHARE,
    LATE_DAYS,
    LATE_SHARE,
    MONTHS,
    write_increment,
    write_synthetic,
)

PARTS = 16
# Of the next day's rows: those that say something else of a row that is there.
CORRECTED_SHARE = 0.01

# Who is there from when to when, and a day for each of its rows of a table.
CUSTOMERS = """
    create table lives as
    select
        customer_id,
        cast(min(occurred_at) as date) as first_day,
        cast(max(occurred_at) as date) as last_day,
        row_number() over (order by customer_id) as place
    from events
    group by customer_id
"""
# table -> [its own time, its rows]. {part} keeps to the rows of one part: use is too much to be held at once.
TABLES = {
    "product_usage": (
        "used_on",
        """
        with days as (
            select customer_id, cast(unnest(generate_series(
                greatest(first_day, {begin}), least(last_day, {end} - 1), interval 1 day
            )) as date) as used_on
            from lives
        )
        select customer_id, used_on, feature, cast(1 + floor(20 * u(customer_id || feature, used_on + 1)) as bigint)
            as usage_count, round(60 * u(customer_id || feature, used_on), 1) as minutes,
            cast(used_on as timestamp) + interval 26 hour as loaded_at
        from days cross join (values ('reports'), ('search')) as features (feature)
        where u(customer_id || feature, used_on) < 0.4
        """,
    ),
    "invoices": (
        "issued_at",
        """
        select 'i' || event_id as invoice_id, customer_id, subscription_id, occurred_at as issued_at,
            case when u(event_id, 'paid') < 0.95 then occurred_at + interval 3 day end as paid_at,
            case when u(event_id, 'paid') < 0.95 then 'paid' else 'open' end as status,
            coalesce(amount, 20) as amount, currency, occurred_at + interval 1 hour as loaded_at
        from events where occurred_at >= {begin} and occurred_at < {end}
        """,
    ),
    "orders": (
        "ordered_at",
        """
        select 'o' || place || '-' || number as order_id, customer_id,
            timestamp '{first}' + to_seconds(floor(u(place, number) * {seconds})) as ordered_at,
            cast(5 + floor(100 * u(number, place)) as decimal(18, 2)) as amount,
            case when place % 10 = 0 then 'EUR' else 'USD' end as currency, 'product_' || number % 8 as product,
            ordered_at + interval 1 hour as loaded_at
        from lives cross join range(5) as numbers (number)
        where ordered_at >= {begin} and ordered_at < {end}
        """,
    ),
    "support_tickets": (
        "opened_at",
        """
        select 't' || place || '-' || number as ticket_id, customer_id,
            timestamp '{first}' + to_seconds(floor(u(place, number + 10) * {seconds})) as opened_at,
            opened_at + interval 2 hour as first_response_at, opened_at + interval 3 day as closed_at,
            (['low', 'normal', 'high', 'urgent'])[1 + place % 4] as priority, 'category_' || number as category,
            'agent_' || place % 50 as agent, 'Export ' || place % 5000 || ' does not work' as subject,
            case when place % 3 = 0 then 'It is slow since ' || place || '. We waited, please help' end as body,
            opened_at + interval 1 hour as loaded_at
        from lives cross join range(2) as numbers (number)
        where opened_at >= {begin} and opened_at < {end}
        """,
    ),
    "survey_responses": (
        "responded_at",
        """
        select 'r' || place || '-' || number as response_id, (['nps', 'csat', 'ces'])[1 + number] as survey_type,
            customer_id,
            timestamp '{first}' + to_seconds(floor(u(place, number + 20) * {seconds})) as responded_at,
            responded_at - interval 2 day as sent_at,
            cast(1 + floor(5 * u(number, place)) as integer) as score,
            case when place % 5 = 0 then 'too expensive, but the support is helpful, says ' || place end as comment,
            responded_at as loaded_at
        from lives cross join range(3) as numbers (number)
        where responded_at >= {begin} and responded_at < {end}
        """,
    ),
    "campaign_contacts": (
        "contacted_at",
        """
        select 'k' || place || '-' || number as contact_id, customer_id, 'campaign_' || place % 20 as campaign,
            timestamp '{first}' + to_seconds(floor(u(place, number + 30) * {seconds})) as contacted_at,
            contacted_at + interval 1 hour as opened_at, u(place, 'control') < 0.1 as is_control,
            contacted_at as loaded_at
        from lives cross join range(2) as numbers (number)
        where contacted_at >= {begin} and contacted_at < {end}
        """,
    ),
    "onboarding_milestones": (
        "reached_at",
        """
        select customer_id, milestone, cast(first_day as timestamp) + interval 14 day as due_at,
            cast(first_day as timestamp) + interval 1 day * days as reached_at, reached_at as loaded_at
        from lives cross join (values ('signed_in', 1), ('first_report', 9)) as milestones (milestone, days)
        where reached_at >= {begin} and reached_at < {end}
        """,
    ),
}

# What the next day brings: rows that are there, a few once more and corrected, most with a day and an id of their own,
# some of them late.
NEXT_DAY = """
    with landed as (select * from read_parquet('{folder}/{table}/*.parquet')),
    last_day as (select cast(max({time}) as date) as last_day from landed),
    drawn as (
        select *, row_number() over (order by hash(landed, {seed})) as number
        from landed
        qualify number <= greatest(1, cast({share} * count(*) over () as bigint))
    )
    select * exclude (number, last_day) replace (
        {new_values}
        cast(case
            when number % {corrected_every} = 0 then {time}
            when number % {late_every} = 0 then last_day - to_days(cast(number % {late_days} as integer))
            else last_day + interval 1 day
        end as {time_type}) as {time},
        cast(last_day + interval 2 day as timestamp) as loaded_at
    )
    from drawn cross join last_day
"""


def write_tables(folder: Path, customers: int, *, seed: int = 1) -> dict[str, int]:
    """Write a landing folder with every table that grows, and return the rows of each.

    Args:
        folder: landing folder to write; it must not exist.
        customers: number of customers.
        seed: the same seed writes the same rows.
    """
    rows = {"subscription_events": write_synthetic(folder, customers, seed=seed)}
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        connection.execute(DRAW.format(seed=seed))
        connection.execute(f"create view events as from read_parquet('{folder}/subscription_events/*.parquet')")
        connection.execute(CUSTOMERS)
        for table, (_, query) in TABLES.items():
            (folder / table).mkdir()
            for part in range(PARTS):
                month = MONTHS // PARTS
                begin = f"cast(date '{FIRST_DAY}' + interval {month * part} month as date)"
                # the last part holds all that is left
                months = month * (part + 1) if part + 1 < PARTS else 1200
                end = f"cast(date '{FIRST_DAY}' + interval {months} month as date)"
                select = query.format(begin=begin, end=end, first=FIRST_DAY, seconds=MONTHS * 2_629_000)
                connection.execute(f"copy ({select}) to '{folder}/{table}/part-{part:03d}.parquet' (compression zstd)")
            rows[table] = connection.execute(
                f"select count(*) from read_parquet('{folder}/{table}/*.parquet')"
            ).fetchone()[0]
        connection.execute(
            "copy (select 'plan_' || number as plan_id, 'Plan ' || number as plan_name, 'tier_' || number as plan_tier "
            f"from range(4) as numbers (number)) to '{folder}/plans.parquet'"
        )
    return rows


def write_next_day(folder: Path, other: Path, *, share: float = INCREMENT_SHARE, seed: int = 1) -> dict[str, int]:
    """Write one more part of every table that grows into another folder, and return their rows.

    Args:
        folder: landing folder that `write_tables` wrote.
        other: folder to make; `<table>.parquet` in it is what lands in `folder`/<table>/.
        share: rows of each part for each row that is there.
        seed: the same seed and folder write the same rows.
    """
    other.mkdir()
    rows = {"subscription_events": write_increment(folder, other / "subscription_events.parquet", share=share)}
    with duckdb.connect() as connection:
        for table, (time, _) in TABLES.items():
            columns = connection.execute(f"describe from read_parquet('{folder}/{table}/*.parquet')").fetchall()
            corrected_every = round(1 / CORRECTED_SHARE)
            new_id = f"case when number % {corrected_every} = 0 then {{0}} else {{0}} || '-next' end as {{0}},"
            query = NEXT_DAY.format(
                folder=folder, table=table, time=time, seed=seed, share=share,
                time_type=dict((name, data_type) for name, data_type, *_ in columns)[time],
                corrected_every=corrected_every, late_every=round(1 / LATE_SHARE), late_days=LATE_DAYS,
                new_values=new_id.format(columns[0][0]) if columns[0][0] != "customer_id" else "",
            )  # fmt: skip
            rows[table] = connection.execute(
                f"copy ({query}) to '{other}/{table}.parquet' (compression zstd)"
            ).fetchone()[0]
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--next-day", type=Path, metavar="FOLDER", help="write the next day's parts there")
    named = parser.parse_args()
    if named.next_day:
        written = write_next_day(named.folder, named.next_day, seed=named.seed)
    else:
        written = write_tables(named.folder, named.customers, seed=named.seed)
    print("\n".join(f"{rows:>12,} {table}" for table, rows in written.items()))
