"""What moved the MRR of customers who stayed, against a plain-Python twin, on adversarial streams of events."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import drivers_oracle
import harness
import oracle
import pytest
import streams
from hypothesis import Phase, given, settings

TIERS = {"basic": "basic", "pro": "starter", "max": "enterprise"}
SETTINGS = {
    "utc": {},
    "berlin_as_of_switches": {
        "reporting_timezone": "Europe/Berlin",
        "fiscal_year_start_month": 4,
        "as_of": "2024-07-01",
        "switch_grace_minutes": 10,
    },
}


def with_many_changes(rows: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """The rows with changes for what moves no MRR."""
    for row in rows:
        moves_none = row["event_type"] in ("payment_failed", "payment_recovered", "cancel_requested", "expired")
        yield {**row, "event_type": "changed"} if moves_none else row


@pytest.mark.parametrize("options", SETTINGS.values(), ids=SETTINGS.keys())
@settings(max_examples=1 + 20 // streams.TOGETHER, phases=[Phase.explicit, Phase.generate])
@given(businesses=streams.businesses(streams.landing_folders()))
def test_every_movement_has_the_twins_parts(options: dict, businesses: list[dict]) -> None:
    streams.check_together(businesses, lambda tables: check(tables, options))


def check(tables: dict, options: dict) -> None:
    tables = {**tables, "subscription_events": list(with_many_changes(tables["subscription_events"]))}
    tables["plans"] = [{"plan_id": plan, "plan_tier": tier} for plan, tier in TIERS.items()]
    times = {"as_of": datetime.fromisoformat(options["as_of"])} if "as_of" in options else {}
    wanted = drivers_oracle.build(tables, oracle.Settings(**{**options, **times}))
    rows = harness.build(tables, ["fct_customer_movements"], **options)["fct_customer_movements"]
    moved = {
        (row["customer_id"], row["period_grain"], row["period_start"]): {
            **{driver: row[f"mrr_{driver}"] for driver in drivers_oracle.DRIVERS},
            "driver": row["driver"],
            "plan_id_end": row["plan_id_end"],
        }
        for row in rows
        if row["movement_type"] in ("expansion", "contraction")
    }
    assert moved == wanted
    others = {row["driver"] for row in rows if row["movement_type"] not in ("expansion", "contraction")}
    assert others <= {None}
