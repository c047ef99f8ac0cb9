"""`as_of` and `known_at` give an old report again, to the last figure.

What the warehouse says now about what was known at a moment is what it said then, when only the rows loaded by then
had landed: every mart is built both ways from one random stream of all raw tables. Two marts are about the landing
folder as it is today, not about the business, and count rows that were loaded later: EXCEPTIONS.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import harness
import oracle
import streams
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from warehouse.landing import CONTRACT_FILE

EXCEPTIONS = {"rpt_event_reconciliation", "rpt_quarantine"}
CONTRACT = {
    table["name"]: table for table in yaml.safe_load(CONTRACT_FILE.read_text(encoding="utf-8"))["sources"][0]["tables"]
}
NUMBERS = ["0", "1", "1", "3", "9", "10", "29.99", "-1", ""]
TEXTS = {
    "customer_id": ["0-c0", "1-c0", "2-c1", "3-c1", "c9", ""],
    "acquisition_channel": ["ads", "referral"],
    "plan_id": ["basic", "pro", "max"],
    "subscription_id": ["0-s0", "1-s4", ""],
    "touchpoint": ["", "", "support"],
    "subject": ["", "", "", "rival"],
    "comment": ["", "too expensive", "great support"],
}


def values(column: dict, key: list[str]) -> st.SearchStrategy[str]:
    """What a field of a raw table may hold, by its type in the contract."""
    name, data_type, accepted = (
        column["name"],
        column["data_type"],
        column.get("config", {}).get("meta", {}).get("accepted"),
    )
    if name == "loaded_at":
        return st.one_of(st.just(""), moments)
    if data_type in ("timestamp", "date"):
        return st.one_of(moments, moments, moments, st.sampled_from(["", "soon"]))
    if accepted:
        return st.sampled_from([*accepted, accepted[0], ""])
    if data_type == "text":
        return st.sampled_from(TEXTS.get(name, ["k0", "k1", "k2", "k3"] if name in key else ["", "x"]))
    return st.sampled_from(["", "", "USD", "EUR"]) if data_type == "currency" else st.sampled_from(NUMBERS)


moments = streams.instants.map(lambda instant: streams.as_text(instant, None))
further_tables = st.fixed_dictionaries(
    {
        name: st.lists(
            st.fixed_dictionaries(
                {column["name"]: values(column, table["config"]["meta"]["key"]) for column in table["columns"]}
            ),
            max_size=15,
        )
        for name, table in CONTRACT.items()
        if name not in ("subscription_events", "customers", "exchange_rates")
    }
)


def loaded_by(table: str, row: dict[str, str], known_at: datetime) -> bool:
    """Whether a row had landed: by its loaded_at, else by its own time; one that says neither always had."""
    own_time = CONTRACT[table]["config"]["meta"]["own_time"]
    try:
        loaded_at = oracle.instant(row, "loaded_at") or (own_time and oracle.instant(row, own_time))
    except oracle.Unreadable:
        return True
    return loaded_at is None or loaded_at <= known_at


def as_it_was(tables: dict, known_at: datetime) -> dict:
    return {name: [row for row in rows if loaded_by(name, row, known_at)] for name, rows in tables.items()}


def marts() -> list[str]:
    return [
        step.name for step in harness.compiled_steps("{}") if step.schema == "marts" and step.name not in EXCEPTIONS
    ]


@settings(max_examples=3, phases=[Phase.explicit, Phase.generate])  # two whole builds an example: no shrinking
@given(
    tables=st.builds(
        lambda drawn, other: {**streams.together(drawn), **other},
        streams.businesses(streams.landing_folders()),
        further_tables,
    ),
    known_at=st.integers(30, streams.DAYS).map(lambda days: streams.FIRST_DAY + timedelta(days=days, hours=7)),
    as_of=st.one_of(st.none(), moments),
)
def test_what_was_known_then_gives_the_reports_of_then(tables: dict, known_at: datetime, as_of: str | None) -> None:
    moment = {"as_of": as_of} if as_of else {}
    now = harness.build(tables, marts(), known_at=str(known_at), **moment)
    then = harness.build(as_it_was(tables, known_at), marts(), **moment)
    for mart, rows in then.items():
        differing = [sorted(map(str, found)) for found in (now[mart], rows)]
        assert differing[0] == differing[1], mart
