"""The worked examples of the metrics, through the SQL: a stream of events in, printed percentages out."""

from __future__ import annotations

import csv
from collections.abc import Iterator

import duckdb
import harness
import pytest

PERIOD = ("month", "2024-02-01")


def lives(number: int, first: int, *events: tuple[str, str]) -> Iterator[dict[str, str]]:
    """The same events for `number` customers, numbered from `first`."""
    for customer in range(first, first + number):
        for event_type, day in events:
            yield {
                "event_id": f"{customer}-{event_type}-{day}",
                "customer_id": f"c{customer}",
                "subscription_id": f"s{customer}",
                "event_type": event_type,
                "occurred_at": day,
                "amount": "10",
            }


@pytest.fixture(scope="module")
def golden_month() -> dict[str, list[dict]]:
    """1000 at the start; 50 leave, 5 of them come back; 80 join, 8 of them leave again; 4 earlier leavers return."""
    joined = ("started", "2024-01-05")
    left, back = ("cancelled", "2024-02-10"), ("reactivated", "2024-02-20")
    events = [
        *lives(950, 0, joined),
        *lives(45, 1000, joined, left),
        *lives(5, 2000, joined, left, back),
        *lives(72, 3000, ("started", "2024-02-08")),
        *lives(8, 4000, ("started", "2024-02-08"), left),
        *lives(4, 5000, joined, ("cancelled", "2024-01-20"), back),
    ]
    marts = ["rpt_churn_rates", "rpt_churn_rate_definitions", "rpt_retention_rates"]
    built = harness.build({"subscription_events": events, "customers": []}, marts, as_of="2024-03-15")
    return {
        mart: [
            row
            for row in rows
            if (row["period_grain"], str(row["period_start"])) == PERIOD and row.get("segment_type", "all") == "all"
        ]
        for mart, rows in built.items()
    }


@pytest.mark.parametrize(
    ("definition", "printed"),
    [
        ("start_cohort", "4.5000%"),
        ("starters_lost", "5.0000%"),
        ("all_lost", "5.8000%"),
        ("start_plus_new", "5.3704%"),
        ("midpoint", "5.7115%"),
        ("net_of_returns", "4.9000%"),
        ("net_change", "-3.1000%"),
    ],
)
def test_golden_month_by_definition(golden_month: dict, definition: str, printed: str) -> None:
    rates = {row["definition"]: row["churn_rate"] for row in golden_month["rpt_churn_rate_definitions"]}
    assert f"{rates[definition]:.4%}" == printed


def test_golden_month_counts_and_retention(golden_month: dict) -> None:
    (churn,) = golden_month["rpt_churn_rates"]
    (retention,) = golden_month["rpt_retention_rates"]
    counts = ("start", "churned", "acquired", "new", "reactivated", "came_and_went", "left_and_returned", "end")
    assert [churn[f"customers_{name}"] for name in counts] == [1000, 45, 80, 72, 4, 8, 5, 1031]
    assert f"{retention['crr']:.1%} {retention['retention_rate']:.1%}" == "95.1% 95.5%"


def macro(call: str, columns: str) -> tuple:
    """The value of a statistics macro of the project, compiled by dbt, on one row of columns."""
    sql = harness.compiled_inline(call)
    return duckdb.execute(f"select {sql} from (select {columns}) as row_of_columns").fetchone()


@pytest.mark.parametrize(
    ("churned", "customers", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_the_published_one(churned: int, customers: int, lower: float, upper: float) -> None:
    columns = f"{churned} as c, {customers} as s"
    assert round(macro("{{ wilson('c', 's', 'lower') }}", columns)[0], 4) == lower
    assert round(macro("{{ wilson('c', 's', 'upper') }}", columns)[0], 4) == upper


@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        ((45, 40, 15), ("30.0000", "15.3", "42.9")),
        ((1436, 968, 342), ("39.8398", "37.2", "42.4")),
        # as the bounds were: -106.6 to 6.6, and -48.5 to 98.5
        ((0, 0, 3), ("-100.0000", "-100.0", "6.6")),
        ((1, 0, 0), ("100.0000", "-48.5", "100.0")),
        ((0, 1, 0), ("0.0000", "-60.0", "60.0")),
    ],
)
def test_nps_interval_is_the_published_one(counts: tuple[int, int, int], printed: tuple[str, str, str]) -> None:
    promoters, passives, detractors = counts
    columns = f"{promoters} as p, {detractors} as d, {promoters + passives + detractors} as n"
    nps, lower, upper = (
        macro(f"{{{{ nps('p', 'd', 'n'{bound}) }}}}", columns)[0] for bound in ("", ", 'lower'", ", 'upper'")
    )
    assert (f"{nps:.4f}", f"{lower:.1f}", f"{upper:.1f}") == printed


def test_discounted_clv_is_the_published_one() -> None:
    value = macro("{{ discounted_lifetime_value('m', 'c', 0.10) }}", "80.0::double as m, 0.05::double as c")[0]
    assert round(value) == 1391


def test_survey_with_45_promoters_40_passives_15_detractors_scores_30() -> None:
    scores = ["9", "10"] * 22 + ["9"] + ["7", "8"] * 20 + ["0", "3", "6"] * 5
    surveys = [
        {
            "response_id": f"r{number}",
            "survey_type": "nps",
            "customer_id": f"c{number}",
            "sent_at": "2024-02-05",
            "responded_at": "2024-02-06 10:00:00",
            "score": score,
        }
        for number, score in enumerate(scores)
    ]
    surveys += [{"response_id": f"u{n}", "survey_type": "nps", "sent_at": "2024-02-07"} for n in range(100)]
    tables = {
        "subscription_events": [*lives(1, 0, ("started", "2024-01-05"))],
        "customers": [],
        "survey_responses": surveys,
    }
    rows = harness.build(tables, ["rpt_nps"], as_of="2024-03-15")["rpt_nps"]
    (row,) = [r for r in rows if (r["period_grain"], str(r["period_start"])) == PERIOD and r["segment_type"] == "all"]
    assert (row["sent_count"], row["respondents"], row["nps"], row["response_rate"]) == (200, 100, 30.0, 0.5)
    assert f"[{row['nps_lower']:.1f}, {row['nps_upper']:.1f}]" == "[15.3, 42.9]"


def test_churn_reasons_seed_holds_the_reasons_of_the_contract() -> None:
    with (harness.PROJECT / "seeds" / "churn_reasons.csv").open(encoding="utf-8") as file:
        types = {row["reason_code"]: row["churn_type"] for row in csv.DictReader(file)}
    voluntary = (
        "quality missing_features missing_integration too_expensive competitor not_a_fit no_longer_needed poor_support "
        "poor_experience failed_onboarding unannounced_change"
    )
    involuntary = (
        "payment_failure card_expired billing_error fraud outage no_budget relocation business_closed deceased"
    )
    assert types == dict.fromkeys(voluntary.split(), "voluntary") | dict.fromkeys(involuntary.split(), "involuntary")
