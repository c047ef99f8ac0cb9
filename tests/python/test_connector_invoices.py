"""From invoice lines with service periods to events: each situation by hand, and many by a twin, day by day."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import duckdb
import harness
import pytest

from warehouse.connectors.definition import recognised
from warehouse.connectors.running import Report, write_landing

HEADER = "invoice_id,customer_id,subscription_id,product,from,to,amount,currency,invoice_date,paid_on,status,refunded"
# customer -> its lines (product, from, to, amount, issued) and the events that they are; the last row is of 2024-07-20
BY_HAND: dict[str, tuple[list[tuple], list[tuple]]] = {
    "monthly": (
        [("pro", "2024-05-01", "2024-05-31", "100", ""), ("pro", "2024-06-01", "2024-06-30", "100", ""),
         ("pro", "2024-07-01", "2024-07-31", "120", "")],
        [("started", "2024-05-01", 100, "month", 1), ("renewed", "2024-06-01", 100, "month", 1),
         ("renewed", "2024-07-01", 120, "month", 1)],
    ),
    "yearly": ([("pro", "2024-01-01", "2024-12-31", "1200", "")], [("started", "2024-01-01", 1200, "year", 1)]),
    "half_year": ([("pro", "2024-03-01", "2024-08-31", "600", "")], [("started", "2024-03-01", 600, "quarter", 2)]),
    "by_days": (
        [("pro", "2024-05-01", "2024-05-10", "50", "")],
        [("started", "2024-05-01", 50, "day", 10), ("expired", "2024-05-11", None, None, None)],
    ),
    "credited_rest": (
        [("pro", "2024-01-01", "2024-12-31", "1200", ""), ("pro", "2024-07-01", "2024-12-31", "-600", "2024-06-20")],
        [("started", "2024-01-01", 1200, "year", 1), ("cancelled", "2024-07-01", None, None, None)],
    ),
    "credited_partly": (
        [("pro", "2024-01-01", "2024-12-31", "1200", ""), ("pro", "2024-07-01", "2024-12-31", "-300", "2024-06-20")],
        [("started", "2024-01-01", 1200, "year", 1), ("changed", "2024-07-01", 600, "year", 1)],
    ),
    "credited_a_month": (
        [("pro", "2024-01-01", "2024-12-31", "1200", ""), ("pro", "2024-03-01", "2024-03-31", "-25", "2024-04-20")],
        [("started", "2024-01-01", 1200, "year", 1), ("changed", "2024-03-01", 900, "year", 1),
         ("changed", "2024-04-01", 1200, "year", 1)],
    ),
    "credited_and_written_anew": (
        [("pro", "2024-06-01", "2024-06-30", "100", "2024-06-01"),
         ("pro", "2024-06-01", "2024-06-30", "-100", "2024-06-02"),
         ("pro", "2024-06-01", "2024-06-30", "80", "2024-06-03")],
        [("started", "2024-06-01", 80, "month", 1)],
    ),
    "credited_whole": (
        [("pro", "2024-06-01", "2024-06-30", "100", ""), ("pro", "2024-06-01", "2024-06-30", "-100", "2024-06-09")], [],
    ),
    "upgraded": (
        [("basic", "2024-07-01", "2024-07-31", "31", "2024-07-01"),
         ("basic", "2024-07-11", "2024-07-31", "-21", "2024-07-10"),
         ("pro", "2024-07-11", "2024-07-31", "42", "2024-07-10")],
        [("started", "2024-07-01", 31, "month", 1), ("changed", "2024-07-11", 42, "day", 21)],
    ),
    "overlapping": (
        [("pro", "2024-01-01", "2024-12-31", "1200", ""), ("pro", "2024-03-01", "2024-03-31", "150", ""),
         ("pro", "2024-06-16", "2024-12-31", "1990", "2024-06-15")],
        [("started", "2024-01-01", 1200, "year", 1), ("changed", "2024-03-01", 150, "month", 1),
         ("changed", "2024-04-01", 1200, "year", 1), ("changed", "2024-06-16", 1990, "day", 199)],
    ),
    "late": (
        [("pro", "2024-03-01", "2024-03-31", "100", ""), ("pro", "2024-05-06", "2024-06-05", "100", "")],
        [("started", "2024-03-01", 100, "month", 1), ("renewed", "2024-05-06", 100, "month", 1),
         ("expired", "2024-06-06", None, None, None)],
    ),
    "too_late": (
        [("pro", "2024-03-01", "2024-03-31", "100", ""), ("pro", "2024-05-07", "2024-06-15", "100", "")],
        [("started", "2024-03-01", 100, "month", 1), ("expired", "2024-04-01", None, None, None),
         ("reactivated", "2024-05-07", 100, "day", 40)],
    ),
    "free_then_paid": (
        [("pro", "2024-06-01", "2024-06-30", "0", ""), ("pro", "2024-07-01", "2024-07-31", "100", "")],
        [("started", "2024-06-01", 0, "month", 1), ("renewed", "2024-07-01", 100, "month", 1)],
    ),
    "prepaid": ([("pro", "2024-07-20", "2026-07-19", "2400", "")], [("started", "2024-07-20", 2400, "year", 2)]),
}  # fmt: skip


MONTHS = {"day": Fraction(12, 365), "month": 1, "quarter": 3, "year": 12}
EVENT = "customer_id, event_type, cast(cast(occurred_at as date) as varchar), cast(amount as double)"
INTERVAL = "case when amount >= 0 then billing_interval end, case when amount >= 0 then billing_interval_count end"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path


def run(place: Path, lines: Iterable[str], header: str = HEADER) -> Report:
    (place / "source" / "invoices.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return write_landing("invoices", str(place / "source"), place / "landing", "USD")


def landed(place: Path, table: str, columns: str) -> list[tuple]:
    order = "occurred_at, customer_id" if table == "subscription_events" else "all"
    return duckdb.sql(f"select {columns} from '{place}/landing/{table}/*.parquet' order by {order}").fetchall()


def lines_by_hand() -> list[str]:
    return [
        f"{customer}-{number},{customer},s-{customer},{product},{begins},{ends},{amount},,{issued or begins},,,"
        for customer, (lines, _) in BY_HAND.items()
        for number, (product, begins, ends, amount, issued) in enumerate(lines)
    ]


def events_by_customer(place: Path) -> dict[str, list[tuple]]:
    events: dict[str, list[tuple]] = {}
    for customer, *event in landed(place, "subscription_events", f"{EVENT}, {INTERVAL}"):
        events.setdefault(customer, []).append(tuple(event))
    return events


# -- events by hand


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    place = tmp_path_factory.mktemp("by_hand")
    (place / "source").mkdir()
    return place, run(place, lines_by_hand())


@pytest.mark.parametrize("customer", BY_HAND)
def test_the_events_of_each_situation(by_hand: tuple[Path, Report], customer: str) -> None:
    assert events_by_customer(by_hand[0]).get(customer, []) == BY_HAND[customer][1]


@pytest.mark.parametrize(
    ("begins", "ends", "interval", "count"),
    [
        ("2024-04-11", "2024-05-08", "day", 27), ("2024-04-11", "2024-05-09", "month", 1),
        ("2024-01-10", "2025-01-08", "day", 364), ("2024-01-10", "2025-01-09", "year", 1),
        ("2024-04-11", "2025-04-12", "year", 1), ("2024-04-11", "2025-04-13", "day", 367),
    ],
)  # fmt: skip
def test_the_length_of_a_term_that_is_no_whole_months(
    tmp_path: Path, begins: str, ends: str, interval: str, count: int
) -> None:
    (tmp_path / "source").mkdir()
    # the other one says that `to` is the day after the last
    run(tmp_path, [f"1,a,s,pro,{begins},{ends},100,,{begins},,,", "2,b,t,pro,2024-01-01,2025-01-01,1,,2024-01-01,,,"])
    assert events_by_customer(tmp_path)["a"][0] == ("started", begins, 100, interval, count)


def test_what_is_decided_is_said(by_hand: tuple[Path, Report]) -> None:
    assert by_hand[1].warnings == [
        "periods are read with their last day in `to`, as the next ones begin a day later",
        "2 subscriptions still count whose paid time is over, for no longer than an invoice may be late",
        "1 subscriptions have terms that overlap, and the last issued decides: those that add up need ids of their own",
    ]


def test_the_marts_have_the_mrr_of_the_terms(by_hand: tuple[Path, Report]) -> None:
    place, _ = by_hand
    with duckdb.connect() as connection:
        harness.build_on(connection, place / "landing", ["rpt_mrr_movements"], {})
        months = connection.execute(
            "select cast(period_start as date), cast(mrr_end as double) from marts.rpt_mrr_movements "
            "where period_grain = 'month' and segment_type = 'all' and is_complete_period order by 1"
        ).fetchall()
    by_days, above = Fraction(365, 12) / 40, Fraction(1990 * 365, 199 * 12)
    expected = {
        date(2024, 1, 1): 500,  # yearly, credited_rest, credited_partly, credited_a_month, overlapping
        date(2024, 2, 1): 500,
        date(2024, 3, 1): 500 - 25 + 50 + 300,  # and half_year, late, too_late
        date(2024, 4, 1): 500 + 200,  # too_late is lost on the first
        date(2024, 5, 1): 500 + 200 + 100 + 100 * by_days,  # and monthly; too_late by days
        date(2024, 6, 1): 400 + above + 100 + 100 + 100 * by_days + 80,  # late is lost; the credits of July are to come
    }
    assert months == [(month, pytest.approx(float(mrr), abs=1e-5)) for month, mrr in expected.items()]
    report = duckdb.sql(
        f"from '{place}/landing/revenue_by_month.csv' where mrr_at_month_end is not null order by month"
    )
    assert [row[3] for row in report.fetchall()] == [pytest.approx(float(mrr), abs=0.006) for mrr in expected.values()]


def test_every_amount_is_earned_once(by_hand: tuple[Path, Report]) -> None:
    rows = duckdb.sql(f"from '{by_hand[0]}/landing/revenue_by_month.csv'").fetchall()
    asked = sum(float(line[3]) for lines, _ in BY_HAND.values() for line in lines)
    assert sum(row[2] for row in rows) == pytest.approx(asked, abs=0.01 * len(rows))
    assert {row[0]: row[2] for row in rows}[date(2024, 2, 1)] == pytest.approx(5 * 1200 * 29 / 366, abs=0.01)
    assert rows[-1][3:] == (None, None), "what the file does not reach is not known"


def test_a_credit_note_is_a_refund_of_its_invoice(by_hand: tuple[Path, Report]) -> None:
    invoices = {
        name: money for name, *money in landed(by_hand[0], "invoices", "invoice_id, amount::int, refunded_amount::int")
    }
    assert invoices["credited_rest-0"] == [1200, 600]
    assert invoices["credited_and_written_anew-0"] == [100, 100]
    assert invoices["credited_and_written_anew-2"] == [80, 0]
    assert sum(amount - refunded for amount, refunded in invoices.values()) == sum(
        float(line[3]) for lines, _ in BY_HAND.values() for line in lines
    )


# -- what people send


def test_the_last_day_and_the_day_after_it_are_one_period(place: Path) -> None:
    run(place, lines_by_hand())
    expected = events_by_customer(place)

    def day_after(line: str) -> str:
        fields = line.split(",")
        fields[5] = str(date.fromisoformat(fields[5]) + timedelta(days=1))
        return ",".join(fields)

    report = run(place, map(day_after, lines_by_hand()))
    assert events_by_customer(place) == expected
    assert not any("last day" in warning for warning in report.warnings)


@pytest.mark.parametrize(
    ("begins", "ends"),
    [("2024-01-01", "2024-01-31"), ("2024-01-01", "2024-02-01"), ("2024-01-01T00:00:00Z", "2024-01-31 23:59:59")],
)
def test_a_single_month_is_one(place: Path, begins: str, ends: str) -> None:
    run(place, [f"i1,a,,pro,{begins},{ends},100,,,,,"])
    assert events_by_customer(place) == {"a": [("started", "2024-01-01", 100, "month", 1)]}


def test_every_line_is_used_or_set_aside(place: Path) -> None:
    report = run(
        place,
        [
            "i1,a,,pro,2024-01-01,2024-01-31,100,,,,,",
            "i1,a,,pro,2024-01-01,2024-01-31,100,,,,,",
            "i2,a,,pro,2024-02-01,2024-02-29,100,,,,Void,",
            "i3,,,pro,2024-02-01,2024-02-29,100,,,,,",
            "i4,a,,pro,,2024-02-29,100,,,,,",
            "i5,a,,pro,2024-02-01,,100,,,,,",
            "i6,a,,pro,2024-02-29,2024-02-01,100,,,,,",
            "i7,a,,pro,01/02/2024,29/02/2024,100,,,,,",
            "i8,a,,pro,soon,2024-02-29,100,,,,,",
            "i9,a,,pro,2024-02-01,2024-02-29,ten,,,,,",
            "i10,a,,pro,2024-02-01,9999-12-31,100,,,,,",
            'i11,a,,pro,2024-02-01,2024-02-29,"1,100.50",,,,,',
            "i12,a,,seat,2024-02-01,2024-02-29,100,,,,paid,x",
        ],
    )
    assert report.read == {"invoices": 13}
    assert {reason: rows for (_, reason), rows in report.set_aside.items()} == {
        "sent twice": 1,
        "void or never sent": 1,
        "no customer_id": 1,
        "no begins": 1,
        "no ends": 1,
        "a period that does not end after it begins": 1,
        "a day first date such as 31/01/2024: write 2024-01-31": 1,
        "a time that is none": 1,
        "an amount that is none": 2,
        "a period of more than 20 years": 1,
    }
    assert [event[2] for event in events_by_customer(place)["a"]] == [100, 1100.5]


def test_lines_of_an_invoice_refunds_and_currencies(place: Path) -> None:
    report = run(
        place,
        [
            "i1,a,s1,base,2024-01-01,2024-01-31,100,eur,2024-01-01,2024-01-05,paid,",
            "i1,a,s1,seats,2024-01-01,2024-01-31,40,eur,2024-01-01,2024-01-05,paid,",
            "i1,a,s1,discount,2024-01-01,2024-01-31,-14,eur,2024-01-01,2024-01-05,paid,",
            "i2,b,,pro,2024-01-01,2024-01-31,100,,2024-01-01,,settled,25",
            "i3,c,,pro,2024-01-01,2024-01-31,100,,2024-01-01,,refunded,",
            "i4,c,,pro,2024-02-01,2024-02-29,100,,2024-01-28,,Overdue,",
            "c4,c,,pro,2024-02-01,2024-02-29,-30,EUR,2024-01-29,,,",
        ],
    )
    assert landed(place, "subscription_events", f"{EVENT}, plan_id, currency") == [
        ("a", "started", "2024-01-01", 126, "base", "EUR"),
        ("b", "started", "2024-01-01", 75, "pro", "USD"),
        ("c", "started", "2024-02-01", 100, "pro", "USD"),
    ]
    columns = (
        "invoice_id, subscription_id, cast(paid_at as varchar), status, amount::int, refunded_amount::int, currency"
    )
    assert landed(place, "invoices", columns) == [
        ("i1", "s1", "2024-01-05 00:00:00", "paid", 126, 0, "EUR"),
        ("i2", "b/pro", None, "paid", 100, 25, "USD"),
        ("i3", "c/pro", None, "refunded", 100, 100, "USD"),
        ("i4", "c/pro", None, "open", 100, 0, "USD"),
    ]
    assert "1 credits are for no term of an earlier invoice, and lower no MRR" in report.warnings


def test_the_newest_version_of_a_line_is_read(place: Path) -> None:
    run(
        place,
        ["i1,l1,a,2024-01-01,2024-01-31,100,2024-01-02", "i1,l1,a,2024-01-01,2024-01-31,90,2024-01-03"],
        "invoice,line,account,period_start,period_end,net_amount,_fivetran_synced",
    )
    assert events_by_customer(place) == {"a": [("started", "2024-01-01", 90, "month", 1)]}


def test_customers_and_rates_pass(place: Path) -> None:
    (place / "source" / "customers.csv").write_text("id,created,country,segment\na,2023-05-01,DE,smb\n")
    (place / "source" / "exchange_rates.csv").write_text('date;currency;rate\n2024-01-01;EUR;"1,1"\n')
    run(place, ["i1,a,,pro,2024-01-01,2024-01-31,100,EUR,,,,"])
    assert landed(place, "customers", "customer_id, year(created_at), country, customer_segment") == [
        ("a", 2023, "DE", "smb")
    ]
    assert landed(place, "exchange_rates", "year(rate_date), currency, rate_to_reporting") == [(2024, "EUR", "1.1")]


def test_a_system_is_recognised_before_the_general_table(place: Path) -> None:
    run(place, ["i1,a,,pro,2024-01-01,2024-01-31,100,,,,,"])
    assert recognised(place / "source").name == "invoices"
    ledger = "event_timestamp,event_type,subscription_item_id,subscription_id,customer_id,mrr_change,currency\n"
    (place / "source" / "subscription_item_change_events.csv").write_text(ledger)
    assert recognised(place / "source").name == "stripe"
    assert recognised(place / "landing") is None, "the contract's invoices have no periods"


# -- a twin that goes day by day

FIRST, LAST = date(2023, 1, 1), date(2024, 12, 31)
GAP_DAYS, ROUNDING = 35, Fraction(5, 100)


@dataclass(frozen=True)
class Line:
    """A line of one subscription: `ends` is the day after its last."""

    invoice: str
    begins: date
    ends: date
    amount: int
    issued: date

    def covers(self, day: date) -> bool:
        return self.begins <= day < self.ends

    @property
    def months(self) -> int | None:
        """The months of the period, where they are whole or nearly one, three or twelve."""
        for months in range(1, 40):
            if plus_months(self.begins, months) == self.ends:
                return months
        nearly = {1: (28, 31), 3: (89, 92), 12: (365, 366)}
        return next((months for months, (low, high) in nearly.items() if low <= self.days <= high), None)

    @property
    def days(self) -> int:
        return (self.ends - self.begins).days

    @property
    def mrr(self) -> Fraction:
        return Fraction(self.amount, self.months) if self.months else Fraction(self.amount * 365, self.days * 12)


def plus_months(day: date, months: int) -> date:
    """The same day of a later month, or the last one that it has."""
    first = date(day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def paid_on(lines: list[Line], day: date) -> tuple[Line, Fraction] | None:
    """The term that decides on a day, and its MRR; None = nobody pays for it."""
    order = sorted(lines, key=lambda line: (line.issued, line.invoice, line.amount >= 0))
    terms = [line for line in order if line.amount >= 0 and line.covers(day)]
    left = dict.fromkeys(terms, Fraction(1))
    for credit in (line for line in order if line.amount < 0 and line.covers(day)):
        earlier = [term for term in terms if order.index(term) < order.index(credit)]
        same_day = [term for term in terms if term.issued == credit.issued]
        if target := (earlier or same_day)[-1:]:
            (term,) = target
            span = "months" if credit.months and term.months else "days"
            price = Fraction(term.amount, getattr(term, span))
            left[term] += Fraction(credit.amount, getattr(credit, span)) / price if price else 0
    paid = [(term, term.mrr * share) for term, share in left.items() if share > ROUNDING]
    return paid[-1] if paid else None


def mrr_by_day(lines: list[Line], last_row: date) -> dict[date, Fraction]:
    """The same after the rule of late invoices: a gap goes on as before unless it is too long, or ends the file."""
    first, until = min(line.begins for line in lines), max(line.ends for line in lines)
    filled: dict[date, Fraction] = {}
    gap: list[date] = []
    last: tuple[Line, Fraction] | None = None
    for day in (first + timedelta(days=number) for number in range((until - first).days + GAP_DAYS + 2)):
        if (paid := paid_on(lines, day)) is None:
            gap.append(day)
            continue
        if last and len(gap) <= GAP_DAYS:
            filled |= dict.fromkeys(gap, last[1])
        filled[day], last, gap = paid[1], paid, []
    if last and not last[0].covers(gap[0]) and (last_row - gap[0]).days <= GAP_DAYS:
        filled |= dict.fromkeys(gap, last[1])
    return filled


def drawn_lines(chance: random.Random, customer: str) -> list[Line]:
    lines = []
    for number in range(chance.randint(1, 6)):
        begins = FIRST + timedelta(days=chance.choice([chance.randrange(700), 30 * chance.randrange(20)]))
        if lines and chance.random() < 0.7:
            begins = lines[-1].ends + timedelta(days=chance.choice([0, 0, 0, 1, 20, 35, 36, 60, -10]))
        length = chance.choice([1, 1, 1, 3, 6, 12, 0])
        ends = plus_months(begins, length) if length else begins + timedelta(days=chance.randint(2, 200))
        issued = begins + timedelta(days=chance.choice([0, 0, 0, -14, 10]))
        line = Line(f"{customer}-{number}", begins, ends, chance.choice([0, 100, 120, 1200, 999]), issued)
        lines.append(line)
        if chance.random() < 0.35:
            since = begins + timedelta(days=chance.choice([0, chance.randrange(line.days)]))
            until = chance.choice([line.ends, min(since + timedelta(days=31), line.ends)])
            whole = Fraction(line.amount * (until - since).days, line.days)
            given = -round(whole * chance.choice([1, 1, Fraction(1, 2), Fraction(1, 4)]))
            if given:
                when = issued + timedelta(days=chance.choice([0, 5, 40]))
                lines.append(Line(f"{customer}-{number}c", since, until, given, when))
    return [line for line in lines if line.issued <= LAST]


def running(events: list[tuple], day: date) -> Fraction | None:
    """The MRR at the end of a day after the events until then."""
    past = [event for event in events if event[1] <= str(day)]
    if not past or past[-1][0] in ("cancelled", "expired"):
        return None
    _, _, amount, interval, count = past[-1]
    return Fraction(amount) / count / MONTHS[interval]


@pytest.mark.parametrize("seed", [1, 2])
def test_events_say_what_the_terms_of_every_day_say(place: Path, seed: int) -> None:
    chance = random.Random(seed)
    customers = {f"c{number}": drawn_lines(chance, f"c{number}") for number in range(60)}
    # its terms follow each other, which tells that `to` is the day after the last, and its last row is the newest
    months = [plus_months(FIRST, number) for number in range(25)]
    steady = [Line(f"z-{number}", begins, ends, 10, begins) for number, (begins, ends) in enumerate(pairwise(months))]
    customers["steady"] = [*steady, Line("z-last", LAST, plus_months(LAST, 1), 10, LAST)]
    run(
        place,
        (
            f"{line.invoice},{name},,,{line.begins},{line.ends},{line.amount},,{line.issued},,,"
            for name, lines in customers.items()
            for line in lines
        ),
    )
    events = events_by_customer(place)
    for name, lines in customers.items():
        expected = mrr_by_day(lines, LAST)
        days = {edge for line in lines for edge in (line.begins, line.ends)}
        for day in sorted({day + timedelta(days=step) for day in days for step in (-1, 0, 1, 35, 36)}):
            wanted, found = expected.get(day), running(events.get(name, []), day)
            told = f"{name} on {day}: {wanted} and not {found}\n{lines}\n{events.get(name)}"
            assert (wanted is None) == (found is None), told
            assert wanted is None or abs(wanted - found) < Fraction(1, 1000), told
