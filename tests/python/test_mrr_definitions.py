"""Other tools' MRR and churn against a plain-Python twin, on adversarial streams of events and drawn definitions."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import cohort_oracle
import harness
import mrr_definitions_oracle as twin
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from test_against_oracle import SETTINGS, assert_same
from test_engagement import STARTED

SEGMENT = ["period_grain", "period_start", "segment_type", "segment_value", "definition"]
MARTS = {"rpt_mrr_definitions": SEGMENT, "rpt_mrr_definition_differences": [*SEGMENT, "difference"]}
OPTIONS = {
    "utc": {},
    "new_york_without_free_plans_switches": SETTINGS["new_york_fiscal_april_without_free_plans_switches"],
    "berlin_as_of_known_at_switches_of_a_day": SETTINGS["berlin_as_of_known_at_switches_of_a_day"],
}
TYPES = ["cancel_requested", "payment_failed", "payment_failed", "paused", "resumed", "payment_recovered", "renewed"]
TYPES += ["trial_started", "started", "cancelled", "changed"]
CHOICES = {
    "trials": ["out", "free", "paid"],
    "paused": ["out", "free", "paid"],
    "past_due_days": ["", "0", "15", "31"],
    "cancels_at": ["end", "request"],
    "free_customers": ["counted", "once_paid", "out"],
    "rates": ["event", "period_end"],
    "churn_rate_definition": ["start_cohort", "starters_lost", "all_lost", "start_plus_new"],
    "reactivation_days": ["", "0", "30"],
}

with (harness.PROJECT / "seeds" / "mrr_definitions.csv").open(encoding="utf-8") as file:
    SEED = list(csv.DictReader(file))


@st.composite
def troubled(draw: st.DrawFn) -> list[dict[str, str]]:
    """A subscription that is tried or starts, in any currency, and gets into trouble around the ends of periods."""
    subscription = draw(st.integers(0, 7))
    start = draw(st.sampled_from(streams.BOUNDARIES[:4]))
    row = draw(streams.event(subscription, draw(st.sampled_from(["started", "started", "trial_started"])), start))
    currency = draw(st.sampled_from(["", "EUR", "EUR"]))
    rows = [{**row, "amount": draw(st.sampled_from(["0", "100", "1200"])), "currency": currency}]
    around = st.sampled_from([at for at in streams.BOUNDARIES if at > start])
    for kind, at, days in draw(
        st.lists(st.tuples(st.sampled_from(TYPES), around, st.sampled_from([0, 0, -1, -15, -31, 20])), max_size=5)
    ):
        rows.append(draw(streams.event(subscription, kind, at + timedelta(days=days))))
    return rows


@st.composite
def businesses(draw: st.DrawFn) -> dict[str, list[dict[str, str]]]:
    tables = draw(streams.landing_folders())
    rows = [row for own in draw(st.lists(troubled(), min_size=2, max_size=5)) for row in own]
    return tables | {"subscription_events": [*tables["subscription_events"], STARTED, *rows]}


drawn_definitions = st.lists(
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}), min_size=4, max_size=4
).map(lambda rows: [{"definition": f"drawn_{number}", **row} for number, row in enumerate(rows)])


@contextmanager
def defined_by(rows: list[dict[str, str]]) -> Iterator[None]:
    """Let the harness build with other definitions than the seed's."""
    made = harness.steps_for
    columns = [*SEED[0]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mrr_definitions.csv"
        with path.open("w", encoding="utf-8", newline="") as seed:
            writer = csv.DictWriter(seed, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
        types = "{'past_due_days': 'integer', 'reactivation_days': 'integer'}"
        code = f"select * from read_csv('{path}', nullstr = '', types = {types})"

        def steps(*arguments: object) -> list[harness.Step]:
            return [replace(step, code=code) if step.name == "mrr_definitions" else step for step in made(*arguments)]

        with mock.patch.object(harness, "steps_for", steps):
            yield


MET: set[tuple[str, str]] = set()


def check(tables: dict, options: dict, rows: list[dict[str, str]]) -> None:
    with defined_by(rows):
        built = harness.build(tables, [*MARTS, "rpt_mrr_movements"], **options)
    wanted = expected(tables, options, rows, built["rpt_mrr_movements"])
    for mart, key in MARTS.items():
        assert_same(mart, key, built[mart], wanted[mart])
    MET.update((row["definition"], row["difference"]) for row in built["rpt_mrr_definition_differences"])


def expected(tables: dict, options: dict, rows: list[dict[str, str]], reports: list[dict]) -> dict[str, list[dict]]:
    times = {key: datetime.fromisoformat(value) for key, value in options.items() if key in ("as_of", "known_at")}
    chosen = oracle.Settings(**{**options, **times})
    records, rates = cohort_oracle.accepted(tables, chosen)
    by_id = {record.key: record.values for record in records}
    events, as_of, chosen = cohort_oracle.seen_events(tables, chosen)
    customers, _ = oracle.accept("customers", tables["customers"], oracle.read_customer, chosen.known_at)
    attributes = {record.key: record.values for record in customers}
    today = oracle.local_date_of(as_of, chosen.reporting_timezone)
    histories = {
        customer_id: twin.snapshots(own, by_id, chosen)
        for customer_id, own in oracle.events_by_customer(events).items()
    }
    found: dict[str, list[dict]] = {mart: [] for mart in MARTS}
    for row in rows:
        definition = twin.Definition.read(row)
        counted = {key: list(twin.points(definition, own, as_of, chosen)) for key, own in histories.items()}
        for report in reports:
            if report["period_grain"] in twin.GRAINS and report["segment_type"] != "plan":
                kind, value = report["segment_type"], report["segment_value"]
                own = [
                    history
                    for key, history in counted.items()
                    if kind == "all" or (attributes.get(key, {}).get(kind) or oracle.NO_VALUE) == value
                ]
                figures, named = twin.figures(definition, own, report, today, rates, chosen)
                found["rpt_mrr_definitions"].append(figures)
                found["rpt_mrr_definition_differences"] += named
    return found


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
@settings(max_examples=3, phases=[Phase.explicit, Phase.generate])
@given(drawn=streams.businesses(businesses()), rows=drawn_definitions)
def test_every_figure_is_the_twins(options: dict, drawn: list[dict], rows: list[dict]) -> None:
    streams.check_together(drawn, lambda tables: check(tables, options, [*SEED, *rows]))


def test_the_draws_met_every_difference() -> None:
    names = {difference for _, difference in MET}
    assert names == {"pending_cancel", "past_due", "paused", "trial", "exchange_rate"}
    assert {("stripe", "pending_cancel"), ("stripe", "exchange_rate"), ("chartmogul", "paused")} <= MET
    assert {("baremetrics", "past_due"), ("profitwell", "past_due"), ("maxio", "pending_cancel")} <= MET
    assert not any(definition == "ours" for definition, _ in MET)


def test_without_definitions_there_are_no_rows() -> None:
    with defined_by([]):
        built = harness.build({"subscription_events": [STARTED], "customers": []}, list(MARTS))
    assert {mart: len(rows) for mart, rows in built.items()} == dict.fromkeys(MARTS, 0)


@pytest.mark.parametrize(
    ("tables", "customers"),
    [
        ({}, set()),
        ({"orders": [{"order_id": "o1", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "5"}]}, {0, 1}),
        ({"subscription_events": [{**STARTED, "amount": "0"}]}, {0, 1}),
    ],
    ids=["nothing", "a_shop", "a_free_customer"],
)
def test_a_business_without_mrr_has_customers_by_who_counts_the_free_ones(tables: dict, customers: set[int]) -> None:
    built = harness.build({"subscription_events": [], "customers": [], **tables}, list(MARTS))
    rows = built["rpt_mrr_definitions"]
    assert {row["mrr"] for row in rows} <= {0} and not built["rpt_mrr_definition_differences"]
    assert {row["customers"] for row in rows} == customers
    assert {row["definition"] for row in rows if row["customers"]} == ({"ours", "recurly"} if customers else set())
