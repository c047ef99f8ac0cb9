"""Predictions and their evaluation on drawn businesses, against a plain-Python twin; and nothing of the future."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import churn_oracle
import harness
import pytest

MARTS = ["fct_churn_predictions", "rpt_churn_model_evaluation", "fct_customer_health"]
NOW = datetime(2024, 7, 10, 12)
FIRST_DAY = date(2023, 3, 1)
ZONES = ("UTC", "Asia/Kolkata")


def drawn(seed: int, zone: str, monthly_loss: float = 0.07, customers: int = 220) -> tuple[dict, churn_oracle.Spells]:
    """A landing folder, and when each customer was one, in days of the zone. Some come back; much is at midnight."""
    draw, tables, spells = random.Random(seed), {"subscription_events": [], "product_usage": []}, {}

    def event(customer_id: str, event_type: str, local: datetime) -> date | None:
        at = local.replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
        if at > NOW:
            return None
        events = tables["subscription_events"]
        terms = {"plan_id": "basic", "amount": "10", "billing_interval": "month"} if event_type == "started" else {}
        events.append(
            {
                "event_id": f"e{len(events)}", "customer_id": customer_id,
                "subscription_id": f"s-{customer_id}-{len(spells[customer_id])}",
                "event_type": event_type, "occurred_at": str(at), **terms,
            }
        )  # fmt: skip
        return local.date()

    for number in range(customers):
        customer_id, spells_of_it = f"c{number}", []
        spells[customer_id] = spells_of_it
        day, loss = FIRST_DAY + timedelta(days=draw.randrange(420)), monthly_loss * draw.choice([0.3, 1, 2])
        while day is not None and day <= NOW.date():
            time = draw.choice([timedelta(), timedelta(hours=12), timedelta(days=1, seconds=-1)])
            started_on = event(customer_id, "started", datetime.combine(day, datetime.min.time()) + time)
            if started_on is None:
                break
            months = 1
            while draw.random() > loss and months < 24:
                months += 1
            end = datetime.combine(day, datetime.min.time()) + timedelta(days=30 * months + draw.randrange(30)) + time
            ended_on = event(customer_id, "cancelled", end)
            spells_of_it.append((started_on, ended_on))
            comes_back = ended_on is not None and draw.random() < 0.3
            day = ended_on + timedelta(days=draw.choice([1, 20, 100])) if comes_back else None
        # who leaves soon uses the product less
        for used in range(0, 500, draw.choice([2, 9]) if loss < 0.1 else draw.choice([9, 40])):
            used_on = FIRST_DAY + timedelta(days=used)
            if any(first <= used_on and (last is None or used_on < last) for first, last in spells_of_it):
                tables["product_usage"].append(
                    {"customer_id": customer_id, "used_on": str(used_on), "feature": "boards", "usage_count": "1"}
                )
    tables["customers"] = [{"customer_id": customer_id} for customer_id, own in spells.items() if own]
    return tables, {customer_id: own for customer_id, own in spells.items() if own}


@cache
def built(*case: object) -> tuple[dict, dict]:
    (tables, spells), zone = drawn(*case), case[1]
    rows = harness.build(tables, MARTS, as_of=str(NOW), reporting_timezone=zone)
    scores = {
        (row["customer_id"], row["scored_on"]): (row["health_score"], row["health_band"])
        for row in rows["fct_customer_health"]
    }
    today = NOW.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()
    twin = {
        "predictions": churn_oracle.predictions(spells, scores, today),
        "evaluations": churn_oracle.evaluations(spells, scores, today),
    }
    return rows, twin


CASES = [(1, ZONES[0]), (2, ZONES[1]), (3, ZONES[1], 0.004), (4, ZONES[0], 0.2), (5, ZONES[0], 0.1, 16)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_said_without_a_model_is_what_the_twin_says(case: tuple) -> None:
    rows, twin = built(*case)
    found = {(row["customer_id"], row["horizon_days"]): row for row in rows["fct_churn_predictions"]}
    assert found.keys() == twin["predictions"].keys()
    used = {row["horizon_days"]: row["model"] for row in rows["rpt_churn_model_evaluation"] if row["is_used"]}
    assert set(used) == set(churn_oracle.HORIZONS)
    for key, expected in twin["predictions"].items():
        row = found[key]
        assert row["base_rate"] == pytest.approx(expected["base_rate"])
        if used[key[1]] in ("gradient_boosting", "logistic"):
            assert row["model"] == used[key[1]]
            assert 0 < row["churn_probability"] < 1
        else:
            assert {name: row[name] for name in expected} == pytest.approx(expected), key
            assert row["reason_1"] is None


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_health_score_and_the_base_rate_do_as_well_as_the_twin_says(case: tuple) -> None:
    rows, twin = built(*case)
    found = {(row["model"], row["horizon_days"]): row for row in rows["rpt_churn_model_evaluation"]}
    assert len(found) == 12
    for key, expected in twin["evaluations"].items():
        assert {name: found[key][name] for name in expected} == pytest.approx(expected), key
        assert ("auc" in expected) == (found[key]["auc"] is not None) == (found[key]["fit_note"] is None)
        for model in ("gradient_boosting", "logistic"):
            counts = [name for name in expected if name.startswith(("fitted", "evaluated"))]
            assert {name: found[model, key[1]][name] for name in counts} == {name: expected[name] for name in counts}


def test_the_drawn_businesses_are_of_all_kinds() -> None:
    """Else the comparison above would say less than it seems."""
    kinds, bands, judged = set(), set(), set()
    for case in CASES:
        rows, _ = built(*case)
        kinds |= {row["model"] for row in rows["fct_churn_predictions"]}
        bands |= {row["health_band"] for row in rows["fct_customer_health"]}
        judged |= {row["auc"] is None for row in rows["rpt_churn_model_evaluation"]}
    assert {"health_score", "base_rate"} <= kinds and len(bands) > 1 and judged == {True, False}


def test_what_comes_after_the_moment_changes_nothing() -> None:
    tables, spells = drawn(1, "UTC")
    later = [
        {"event_id": f"later{number}", "customer_id": customer_id, "subscription_id": f"s-{customer_id}-0",
         "event_type": "cancelled", "occurred_at": str(NOW + timedelta(days=1 + number % 40))}
        for number, customer_id in enumerate(spells)
    ]  # fmt: skip
    used = [{**row, "used_on": str(NOW.date() + timedelta(days=3))} for row in tables["product_usage"][:50]]
    used = list({row["customer_id"]: row for row in used}.values())
    more = tables | {
        "subscription_events": tables["subscription_events"] + later,
        "product_usage": tables["product_usage"] + used,
    }
    again = harness.build(more, MARTS, as_of=str(NOW), reporting_timezone="UTC")
    rows, _ = built(1, "UTC")
    for mart in MARTS:
        assert sorted(map(str, again[mart])) == sorted(map(str, rows[mart]))


def test_a_business_without_a_past_has_predictions_that_say_so() -> None:
    start = {
        "event_id": "e1", "customer_id": "a", "subscription_id": "s1", "event_type": "started",
        "occurred_at": "2024-07-01", "amount": "10",
    }  # fmt: skip
    tables = {"subscription_events": [start], "customers": [{"customer_id": "a"}]}
    rows = harness.build(tables, MARTS, as_of=str(NOW))
    assert {row["horizon_days"] for row in rows["fct_churn_predictions"]} == {30, 60, 90}
    assert {(row["churn_probability"], row["model"], row["risk_rank"]) for row in rows["fct_churn_predictions"]} == {
        (None, None, 1)
    }
    notes = [row["fit_note"] for row in rows["rpt_churn_model_evaluation"]]
    assert len(notes) == 12 and all(note.startswith("too little history") for note in notes)
