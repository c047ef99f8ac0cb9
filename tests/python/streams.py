"""Hypothesis strategies for adversarial landing folders: what a real business sends on its worst days.

Times come from a small pool, so that events share instants and meet period boundaries; ids repeat, so that rows are
versions of each other; some rows are broken in one field.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st

IDS = ("event_id", "customer_id", "subscription_id", "order_id", "contract_id")
TOGETHER = 4  # a build of four businesses costs little more than one of one; of more hypothesis draws too few whole
FIRST_DAY = datetime(2023, 11, 20)
DAYS = 420

# Boundaries in UTC, New York, Berlin and Kolkata; both changes of daylight saving; a leap day; just before and after.
BOUNDARIES = [
    datetime(*parts)
    for parts in (
        (2024, 1, 1, 0, 0), (2024, 1, 1, 5, 0), (2023, 12, 31, 23, 0), (2023, 12, 31, 18, 30), (2024, 2, 29, 12, 0),
        (2024, 3, 1, 0, 0), (2024, 3, 1, 5, 0), (2024, 2, 29, 23, 0), (2024, 3, 10, 7, 0), (2024, 3, 31, 1, 0),
        (2024, 4, 1, 0, 0), (2024, 4, 1, 4, 0), (2024, 3, 31, 22, 0), (2024, 3, 31, 18, 30), (2024, 7, 1, 0, 0),
        (2024, 7, 1, 4, 0), (2024, 6, 30, 22, 0), (2024, 11, 3, 6, 0), (2024, 10, 27, 1, 0), (2024, 9, 2, 4, 0),
    )
]  # fmt: skip

EVENT_TYPES = (
    ["started"] * 6 + ["renewed"] * 4 + ["changed"] * 4 + ["cancelled"] * 5 + ["expired", "reactivated", "reactivated"]
    + ["paused", "paused", "resumed", "resumed", "payment_failed", "payment_failed", "payment_recovered"]
    + ["cancel_requested", "cancel_requested", "trial_started", "trial_started"]
)  # fmt: skip

# One draw for both: a business of many draws is seldom drawn whole.
PLANS_AND_PRODUCTS = [
    (plan, product) for plan in ("", "", "basic", "basic", "pro", "max") for product in ("", "", "chat", "mail")
]

BROKEN_FIELDS = [
    ("event_id", ""), ("customer_id", ""), ("subscription_id", ""), ("event_type", ""), ("event_type", "begun"),
    ("occurred_at", ""), ("occurred_at", "soon"), ("occurred_at", "2024-02-30"), ("occurred_at", "31/01/2024"),
    ("occurred_at", "2024-03-01 10:00:00 Asia/Tokyo"), ("loaded_at", "2024-03-01 10:00:00 EST"),
    ("amount", "-1"), ("amount", "ten"),
    ("billing_interval", "fortnight"), ("billing_interval_count", "0"), ("billing_interval_count", "1.5"),
    ("loaded_at", "later"), ("quantity", "-2"),
]  # fmt: skip

# Another spelling of the same value: blanks of any kind around it, and for a code its case.
SPELLINGS = [" {}", "{} ", "\u00a0{}\u202f", "\t{}", "{}\u3000", "\ufeff{}"]
CODES = ("event_type", "currency", "billing_interval", "reason_code", "cancelled_by")
TRIMMED = (*CODES, "customer_id", "subscription_id", "occurred_at", "plan_id", "product_id", "amount")

instants = st.one_of(
    st.sampled_from(BOUNDARIES),
    st.builds(lambda at, step: at + timedelta(seconds=step), st.sampled_from(BOUNDARIES), st.sampled_from([-1, 1])),
    st.builds(lambda hours: FIRST_DAY + timedelta(hours=hours), st.integers(0, DAYS * 24)),
    st.builds(lambda days: FIRST_DAY + timedelta(days=days), st.integers(0, DAYS)),
)


def as_text(instant: datetime, offset_hours: int | None) -> str:
    """The instant as text: without an offset in UTC, else at the offset."""
    if offset_hours is None:
        return instant.strftime("%Y-%m-%d %H:%M:%S")
    return (instant + timedelta(hours=offset_hours)).strftime("%Y-%m-%dT%H:%M:%S") + f"{offset_hours:+03d}:00"


@st.composite
def event(
    draw: st.DrawFn, subscription: int | None = None, event_type: str | None = None, occurred_at: datetime | None = None
) -> dict[str, str]:
    """One row; what is not given is drawn."""
    subscription = draw(st.integers(0, 7)) if subscription is None else subscription
    occurred_at = occurred_at or draw(instants)
    plan, product = draw(st.sampled_from(PLANS_AND_PRODUCTS))
    row = {
        "event_id": f"e{draw(st.integers(0, 999))}",
        "customer_id": f"c{subscription // 4}",
        "subscription_id": f"s{subscription}",
        "event_type": event_type or draw(st.sampled_from(EVENT_TYPES)),
        "occurred_at": as_text(occurred_at, draw(st.sampled_from([None, None, None, 2, -5]))),
        "plan_id": plan,
        "product_id": product,
        "amount": draw(st.sampled_from(["", "", "10", "10", "29.99", "100", "0", "1200", "33.333333", "100000000000"])),
        "currency": draw(st.sampled_from(["", "", "", "USD", "EUR", "eur", "GBP"])),
        "billing_interval": draw(st.sampled_from(["", "", "month", "year", "quarter", "week", "day"])),
        "billing_interval_count": draw(st.sampled_from(["", "", "1", "3"])),
        "quantity": draw(st.sampled_from(["", "1", "5"])),
        "reason_code": draw(st.sampled_from(["", "", "", "too_expensive", "outage", "card_expired", "aliens"])),
        "cancelled_by": draw(st.sampled_from(["", "", "customer", "system"])),
        "loaded_at": "",
    }
    if draw(st.integers(0, 3)) == 0:
        row["loaded_at"] = as_text(occurred_at + timedelta(hours=draw(st.integers(0, 24 * 90))), None)
    if draw(st.integers(0, 19)) == 0:
        field, value = draw(st.sampled_from(BROKEN_FIELDS))
        row[field] = value
    if draw(st.integers(0, 9)) == 0:
        field = draw(st.sampled_from(TRIMMED))
        value = row[field].title() if field in CODES else row[field]
        row[field] = draw(st.sampled_from(SPELLINGS)).format(value)
    return row


@st.composite
def life(draw: st.DrawFn) -> list[dict[str, str]]:
    """A subscription that starts and goes on for a while, several events at an instant; four of a customer overlap."""
    subscription = draw(st.integers(0, 7))
    moments = draw(st.lists(instants, min_size=2, max_size=5))
    later = sorted(draw(st.lists(st.sampled_from(moments), min_size=2, max_size=7)))
    types = draw(st.lists(st.sampled_from(EVENT_TYPES), min_size=len(later), max_size=len(later)))
    steps = [("started", min(moments)), *zip(types, later, strict=True)]
    return [draw(event(subscription, *step)) for step in steps]


minutes = st.sampled_from([0, 1, 5, 10, 11, 1440]).map(lambda number: timedelta(minutes=number))


@st.composite
def switch(draw: st.DrawFn) -> list[dict[str, str]]:
    """A subscription that ends soon before its customer starts another, or it again; something else on the way.

    Most are of customers who have nothing else to stay for.
    """
    customer = draw(st.integers(0, 7))
    old, new = (4 * customer + draw(st.integers(0, 3)) for _ in range(2))
    started_at = FIRST_DAY + timedelta(days=draw(st.integers(0, 30)))
    ended_at = draw(st.sampled_from(BOUNDARIES)) - draw(minutes)
    starts_at = ended_at + draw(minutes)
    steps = [
        (old, "started", started_at),
        (old, draw(st.sampled_from(["cancelled", "expired"])), ended_at),
        (new, draw(st.sampled_from(["started", "reactivated", "renewed"])), starts_at),
    ]
    if draw(st.booleans()):
        steps.append((draw(st.sampled_from([old, new])), draw(st.sampled_from(EVENT_TYPES)), ended_at + draw(minutes)))
    if draw(st.booleans()):
        steps.append((new, "cancelled", starts_at + draw(minutes)))
    return [draw(event(*step)) for step in steps]


@st.composite
def corrected(draw: st.DrawFn, events: list[dict[str, str]]) -> list[dict[str, str]]:
    """The events, some sent again: the same row, or another version of it, in any order."""
    rows = list(events)
    for _ in range(draw(st.integers(0, 3))):
        again = dict(draw(st.sampled_from(events)))
        if draw(st.booleans()):
            changed = draw(event())
            field = draw(
                st.sampled_from(
                    ["event_type", "occurred_at", "plan_id", "product_id", "amount", "reason_code", "loaded_at"]
                )
            )
            again[field] = changed[field]
        rows.append(again)
    return draw(st.permutations(rows))


customers = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(["c0", "c1", "c0", "c1", "c9", ""]),
            "created_at": st.sampled_from(["", "2023-11-20", "2024-01-01 10:00:00", "someday"]),
            "country": st.sampled_from(["", "DE", "US"]),
            "customer_segment": st.sampled_from(["", "smb"]),
            "acquisition_channel": st.sampled_from(["", "ads", "referral"]),
            "loaded_at": st.sampled_from(["", "2024-08-01"]),
        }
    ),
    max_size=4,
)

exchange_rates = st.lists(
    st.fixed_dictionaries(
        {
            "rate_date": st.sampled_from(["2020-01-01", "2023-12-01", "2024-03-01", "2024-03-02", "2024-06-15", "x"]),
            "currency": st.sampled_from(["EUR", "EUR", "EUR", "GBP", "eur", ""]),
            "rate_to_reporting": st.sampled_from(
                ["1.1", "1.0837", "0.987654321", "2", "0.0000000006", "0.012345678901234567", "1e-13", "0", "-1", "y"]
            ),
            "loaded_at": st.sampled_from(["", "2024-08-01"]),
        }
    ),
    max_size=6,
)


@st.composite
def landing_folders(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    lives = draw(st.lists(life(), min_size=3, max_size=8))
    switches = draw(st.lists(switch(), min_size=1, max_size=4))
    strays = draw(st.lists(event(), max_size=10))
    tables = {
        "subscription_events": draw(corrected([row for rows in [*lives, *switches, strays] for row in rows])),
        "customers": draw(customers),
        "exchange_rates": draw(exchange_rates),
    }
    return with_dates(tables) if draw(st.integers(0, 3)) == 0 else tables


def with_dates(tables: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """The tables of a business whose events have a day and no time of day; what is no time stays as it is."""
    events = [
        {**row, "occurred_at": re.sub(r"(?<=-\d\d)[T ].*", "", row["occurred_at"])}
        for row in tables["subscription_events"]
    ]
    return {**tables, "subscription_events": events}


def with_a_plan_called_other(tables: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """The tables of a business of whose plans one has the name of those that are counted together."""
    events = [{**row, "plan_id": row["plan_id"].replace("max", "(other)")} for row in tables["subscription_events"]]
    return {**tables, "subscription_events": events}


def businesses(one: st.SearchStrategy[dict]) -> st.SearchStrategy[list[dict]]:
    """Landing folders to build as one; whether no event has a time of day is said of all of them."""
    return st.builds(
        lambda drawn, times_are_dates: [with_dates(tables) for tables in drawn] if times_are_dates else drawn,
        st.lists(one, min_size=TOGETHER, max_size=TOGETHER),
        st.booleans(),
    )


def check_together(drawn: list[dict], check: Callable[[dict], None]) -> None:
    """Check the businesses as one; where that fails each alone, which is smaller to look at."""
    try:
        check(together(drawn))
    except AssertionError:
        for tables in drawn:
            check(tables)
        raise


def together(businesses: list[dict[str, list[dict[str, str]]]]) -> dict[str, list[dict[str, str]]]:
    """Several landing folders as one, their rows told apart by their ids; they share the exchange rates."""
    merged: dict[str, list[dict[str, str]]] = {}
    for number, tables in enumerate(businesses):
        for name, rows in tables.items():
            merged.setdefault(name, []).extend(
                {
                    key: re.sub(r"[ecos]\d+", rf"{number}-\g<0>", value) if key in IDS else value
                    for key, value in row.items()
                }
                for row in rows
            )
    return merged


AROUND_A_TERM = ["renewed"] * 4 + [
    "changed",
    "changed",
    "cancelled",
    "expired",
    "paused",
    "cancel_requested",
    "reactivated",
]
FROM_ITS_END = [-100, -30, -1, 0, 0, 0, 1, 5, 59, 60, 61, 90]


@st.composite
def contracted(draw: st.DrawFn) -> list[dict[str, str]]:
    """A subscription of long terms, and what happens to it around their ends."""
    subscription = draw(st.integers(0, 7))
    start = draw(st.sampled_from(BOUNDARIES[:8]))
    row = draw(event(subscription, "started", start))
    interval, count, days = draw(
        st.sampled_from(
            [("quarter", "", 91), ("month", "3", 91), ("week", "13", 91), ("day", "92", 92), ("month", "2", 61)]
        )
    )
    rows = [{**row, "amount": "100", "billing_interval": interval, "billing_interval_count": count, "currency": ""}]
    steps = st.tuples(
        st.sampled_from(AROUND_A_TERM),
        st.integers(1, 3),
        st.sampled_from(FROM_ITS_END),
        st.sampled_from([-1, 0, 0, 43200]),
    )
    for kind, number, after, seconds in draw(st.lists(steps, max_size=4)):
        at = start + timedelta(days=days * number + after, seconds=seconds)
        rows.append(draw(event(subscription, kind, at)))
    return rows
