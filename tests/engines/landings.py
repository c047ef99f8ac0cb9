"""The landing folders that other engines build: the demo business with odd files, adversarial streams, golden month."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import harness
import streams
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings

from warehouse.demo_business import write_demo_business

STREAMS = 40

# Subscriptions of one customer whose order is another one in most languages than by code point.
SUBSCRIPTION_NAMES = {
    "s0": "b", "s1": "B", "s2": "é", "s3": "_", "s4": "a-1", "s5": "A1", "s6": "s6", "s7": "s7"
}  # fmt: skip

# Times that DuckDB reads, and those that it does not but another engine might.
TIMES = [
    "2024-1-5", "2024/01/05", "2024-01-05T10:00", "2024-01-05 10:00:00.1234567", "2024-01-05 10:00:00.9999999",
    "2024-01-05T10:00:00Z", "2024-01-05 10:00:00 UTC", "2024-01-05 1:2:3", "2024-01-05 10:00:00+0230",
    "2024-01-05 10:00:00-05", "2024-01-05 10:00:00.", "2024-01-05 10:00:00.5+02:00", "2024-02-30", "20240105",
    "2024-01", "2024", "now", "today", "tomorrow", "infinity", "Jan 5 2024", "5.1.2024", "01/05/2024", "2024-001",
    "2024-01-05 10", "2024-01-05T", "2024-01-05Z", "0001-01-01", "1899-12-31 23:59:59", "9999-12-31", "12024-01-01",
    "2024-01-05 23:59:60", "2024-01-05 24:00:00", "2024-01-05 25:00:00", " 2024-01-05", "2024-01-05 10:00+02:00",
    "10:00:00", "2024-13-01",
    "\u00a02024-01-05\u202f", "\t2024-01-05 10:00:00\u3000", "\ufeff2024-01-05", "2024-01-05 10:00:00 +0230",
    "2024-01-05 10:00:00 -05", "2024-01-05 10:00:00+02:30:15", "2024-01-05 10:00:00 Asia/Tokyo",
    "2024-01-05 10:00:00 EST",
    "2024-01-05T10:00:00+09:00[Asia/Tokyo]", "2024-01-05 1:00 PM", "31/01/2024", "1-31-24", "05-Jan-24",
    "5 January 2024",
    "Fri, 05 Jan 2024 10:00:00 GMT", "20240105T101500Z", "1704445200", "1704445200.5", "epoch", "maybe 5",
    "2024-02-30 UTC",
]  # fmt: skip
NUMBERS = [
    "1", "+1", "1.", ".5", "1_000", "1e3", "1E+3", "1e-7", " 1 ", "-0", "0.0000005", "1.0000005", "1.0000004999999",
    "999999999999.9999994", "999999999999.9999995", "NaN", "inf", "Infinity", "0x1F", "1,000", "$1", "1e", "--1",
    "1.2.3", "1__0", "_1", "1_", "1 000", "ten", "1e400", "1d", "1f", "0b1", "1L", "\u00a01\t", "1\u00a0000",
]  # fmt: skip
# Codes as people write them, and what no list knows.
CODES = [
    " Started ", "STARTED\u00a0", "\tstarted", "star ted", "begun", "\ufeffstarted", "started\u200b", "\u3000started",
]  # fmt: skip
REASONS = [
    "Too_Expensive",
    " too_expensive\u202f",
    "Too \u00a0 expensive",
    "budget",
    "BUDGET",
    "\u00a0",
    "a@example.com",
]
BOOLEANS = ["true", "TRUE", "t", "f", "yes", "No", "y", "1", "0", "2", "on", "off", "tr", "1.0", "wahr"]
COMMENTS = [
    "write to jane.doe+x@example.com, or +1 202 555 0123", "ÄRGER with the PRICE of 2024, 1.299,00",
    "jürgen@example.com", 'a "quoted" \\ comment', "too expensive\nand slow",
    "很贵 👍 support", "(030) 12-34-567 / 4111 1111 1111 1111",
    "Not easy - I don't like the API👎, but it's fast; no bugs",
    "الدَّعْم ممتاز، والســعر غالي! ليس سهلا ٤٠٠", "قیمت‌ها خیلی بالاست؛ پشتیبانی خوب نیست ۱۲",  # noqa: RUF001 - Persian
]  # fmt: skip


@dataclass(frozen=True)
class Landing:
    """A landing folder to write, and the dbt vars to build it with."""

    write: Callable[[Path], None]
    settings: dict[str, object] = field(default_factory=dict)


def write_golden_month(folder: Path) -> None:
    """1000 at the start, 50 leave of whom 5 return, 80 join of whom 8 leave, 4 from before return."""

    def rows(prefix: str, number: int, kind: str, at: str) -> Iterator[dict[str, str]]:
        for n in range(number):
            customer = f"{prefix}{n}"
            yield {
                "event_id": f"{customer}|{kind}|{at}",
                "customer_id": customer,
                "subscription_id": f"s-{customer}",
                "event_type": kind,
                "occurred_at": at,
                "amount": "10" if kind == "started" else "",
            }

    events = [
        *rows("a", 1000, "started", "2023-12-01"),
        *rows("a", 50, "cancelled", "2024-01-10 12:00:00"),
        *rows("a", 5, "reactivated", "2024-01-20 12:00:00"),
        *rows("b", 80, "started", "2024-01-05"),
        *rows("b", 8, "cancelled", "2024-01-25"),
        *rows("c", 4, "started", "2023-12-01"),
        *rows("c", 4, "cancelled", "2023-12-15"),
        *rows("c", 4, "reactivated", "2024-01-15"),
    ]
    harness.write_landing(folder, {"subscription_events": events, "customers": []})
    # as a business lands them: new data is a new part
    landed, parts = folder / "subscription_events.csv", folder / "subscription_events" / "of a 'month'"
    parts.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(
            f"create table events as select * from read_csv('{landed}', all_varchar = true, header = true)"
        )
        for part, month in enumerate(["2023-12", "2024-01"]):
            file = str(parts / f"{part}.parquet").replace("'", "''")
            connection.execute(f"copy (from events where occurred_at like '{month}%') to '{file}' (format parquet)")
    landed.unlink()


def drawn_streams() -> dict[str, list[dict[str, str]]]:
    """Many streams of the property test as one folder, told apart by their ids; they share the exchange rates."""
    drawn: list[dict[str, list[dict[str, str]]]] = []

    @hypothesis_settings(max_examples=STREAMS, derandomize=True, database=None, deadline=None,
                         phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(streams.landing_folders())
    def draw(tables: dict[str, list[dict[str, str]]]) -> None:
        drawn.append(tables)

    draw()
    merged = streams.together(drawn)
    for row in merged["subscription_events"]:
        row["subscription_id"] = re.sub(r"s[0-7]\b", lambda name: SUBSCRIPTION_NAMES[name[0]], row["subscription_id"])
    return merged


def write_streams(folder: Path) -> None:
    """The streams alone, without any optional table."""
    harness.write_landing(folder, drawn_streams())


def write_everything(folder: Path) -> None:
    """The demo business, the streams, and what no clean business sends: odd values, torn lines, typed Parquet.

    One folder, since an engine takes as long for each build, whatever the number of rows.
    """
    write_demo_business(folder)
    tables = drawn_streams()
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    harness.write_landing(folder, tables)
    with (folder / "subscription_events.csv").open("a", encoding="utf-8", newline="") as events:
        for n, time in enumerate(TIMES):
            events.write(f't{n},ct{n},st{n},started,"{time}",basic,10' + "," * 8 + "\r\n")
        for n, number in enumerate(NUMBERS):
            events.write(f'n{n},cn{n},sn{n},started,2024-01-05,pro,"{number}",,,{number},{number}' + "," * 4 + "\r\n")
        for n, code in enumerate(CODES):
            events.write(f"k{n},ck{n},sk{n},{code},2024-01-05, Pro\u00a0,10,usd," + "," * 6 + "\r\n")
        for n, reason in enumerate(REASONS):
            events.write(f"r{n},cr{n},sr{n},started,2024-01-05,pro,10" + "," * 8 + "\r\n")
            events.write(f"q{n},cr{n}\u00a0,sr{n},Cancelled,2024-01-09" + "," * 7 + f"{reason},,{reason}," + "\r\n")
        events.write("too,short\r\n" + "x," * 30 + "too long\r\n")
    header, *orders = (folder / "orders.csv").read_text(encoding="utf-8").splitlines()
    orders += [f"o{n},c{n},2024-02-01,{n}.5,,{currency},p," for n, currency in enumerate(["usd", "EUR", "eur", "é"])]
    lines = [f"\ufeff{header},unknown", *(f"{order},x" for order in orders)]
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "campaign_contacts.csv").open("a", encoding="utf-8") as contacts:
        for n, value in enumerate(BOOLEANS):
            contacts.write(f"k{n},0-c1,spring,,2024-02-0{n % 9 + 1},,,{value}\n")
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create table comments (n integer, comment varchar)")
        connection.executemany("insert into comments values (?, ?)", list(enumerate(COMMENTS)))
        for table in ("survey_responses", "invoices"):
            demo, part = folder / f"{table}.csv", folder / table / "demo.parquet"
            part.parent.mkdir()
            connection.execute(f"copy (from read_csv('{demo}', all_varchar = true)) to '{part}' (format parquet)")
            demo.unlink()
        for part, time_type in enumerate(["timestamptz", "timestamp"]):
            connection.execute(f"""
                copy (
                    select
                        '{part}-r' || n as response_id, 'nps' as survey_type, (n % 3) || '-c1' as customer_id,
                        cast('2024-03-01 12:34:56.789' as {time_type}) as sent_at,
                        cast('2024-03-02 12:34:56' as {time_type}) as responded_at,
                        cast(n % 11 as double) as score, comment, cast(0.1 * n as double) as weight
                    from comments
                ) to '{folder / "survey_responses" / f"{part}.parquet"}' (format parquet)
            """)
        connection.execute(f"""
            copy (
                select 'i' || n as invoice_id, (n % 3) || '-c1' as customer_id, date '2024-02-01' as issued_at,
                    timestamp '2024-02-02 03:04:05' as paid_at, 'paid' as status,
                    cast(n * 1.1 as decimal(12, 3)) as amount, cast(n as real) / 3 as refunded_amount
                from range(7) as numbers (n)
            ) to '{folder / "invoices" / "typed.parquet"}' (format parquet)
        """)


LANDINGS = {
    "everything_berlin": Landing(
        write_everything,
        {"reporting_timezone": "Europe/Berlin", "as_of": "2024-07-01", "known_at": "2024-07-15 12:00:00"},
    ),
    "streams_kolkata": Landing(
        write_streams,
        {"reporting_timezone": "Asia/Kolkata", "fiscal_year_start_month": 2, "switch_grace_minutes": 10},
    ),
    "golden_month": Landing(write_golden_month, {"as_of": "2024-02-01"}),
}
