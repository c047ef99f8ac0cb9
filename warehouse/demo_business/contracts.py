"""The contracts that larger customers sign for each year they are billed for, and some years that are still to come."""

from datetime import timedelta

import numpy as np
import pandas as pd

from warehouse.demo_business.business import END, Population, stream
from warehouse.demo_business.subscriptions import Ledger, add_months

WITH_CONTRACTS = ("mid_market", "enterprise")  # everyone else agrees to the terms of the website
SAYS_HOW_IT_RENEWS, RENEWS_ITSELF, SAYS_WHEN_SIGNED = 0.95, 0.45, 0.9
NEGOTIATES, SIGNS_LATE = 0.12, 0.15  # shares of renewals that nobody let happen
SIGNED_DAYS_BEFORE, SIGNED_DAYS_AFTER = 45, 25  # at most
SIGNED_AHEAD_DAYS, SIGNED_AHEAD = 90, 0.5  # of the years that begin so soon after the end of the simulated time
NEXT_PRICE = 1.04

Row = dict[str, object]


def contracts(population: Population, ledger: Ledger, seed: int) -> pd.DataFrame:
    """A contract for each year that was billed to a customer with contracts, by subscription."""
    rng = stream(seed, "contracts")
    signs = population.table.customer_segment.isin(WITH_CONTRACTS)
    customers = set(population.table.customer_id[signs])
    events: dict[str, list[Row]] = {}
    for event in ledger.events:
        if event["customer_id"] in customers:
            events.setdefault(event["subscription_id"], []).append(event)
    rows = [row for own in events.values() for row in _of_subscription(rng, own)]
    columns = "customer_id subscription_id starts_on ends_on value currency auto_renews action_at_end signed_on"
    table = pd.DataFrame(rows, columns=columns.split())
    table.insert(0, "contract_id", [f"ct{number:04d}" for number in range(1, len(table) + 1)])
    return table


def _of_subscription(rng: np.random.Generator, events: list[Row]) -> list[Row]:
    """The contracts of one subscription. An event of its end is what was said of the contract that held then."""
    years = [event for event in events if event.get("billing_interval") == "year" and event["event_type"] in
             ("started", "reactivated", "renewed")]  # fmt: skip
    auto_renews = ("true" if rng.random() < RENEWS_ITSELF else "false") if rng.random() < SAYS_HOW_IT_RENEWS else None
    rows: list[Row] = []
    for year in years:
        row = _contract(year, add_months(year["occurred_at"], 12), year["amount"]) | {"auto_renews": auto_renews}
        ends = [event for event in events if event["event_type"] in ("cancel_requested", "cancelled", "expired")
                and row["starts_on"] < event["occurred_at"].date() <= row["ends_on"] + timedelta(days=1)]  # fmt: skip
        rows.append(row | {"action_at_end": "cancel" if ends else _action(rng)} | _signed(rng, row, bool(rows)))
    if rows and _is_going_on(rows[-1]) and rng.random() < SIGNED_AHEAD:
        due = add_months(years[-1]["occurred_at"], 12)
        row = _contract(years[-1], add_months(due, 12), round(years[-1]["amount"] * NEXT_PRICE, 2), due)
        days = timedelta(days=int(rng.integers(1, SIGNED_DAYS_BEFORE)))
        rows.append(row | {"auto_renews": auto_renews, "signed_on": END.date() - days})
    return rows


def _contract(year: Row, until, value: float, begin=None) -> Row:
    """From the day of its event to the day before the next year begins."""
    row = {name: year[name] for name in ("customer_id", "subscription_id", "currency")}
    days = {"starts_on": (begin or year["occurred_at"]).date(), "ends_on": until.date() - timedelta(days=1)}
    return row | days | {"value": value}


def _action(rng: np.random.Generator) -> str | None:
    """What was said of the end of a contract that is to go on."""
    drawn = rng.random()
    return "renegotiate" if drawn < NEGOTIATES else "renew" if drawn < 0.5 else None


def _signed(rng: np.random.Generator, row: Row, is_renewal: bool) -> Row:
    """Before the first day, or, as nothing stops in between, some weeks after it."""
    before, after = int(rng.integers(0, SIGNED_DAYS_BEFORE)), int(rng.integers(1, SIGNED_DAYS_AFTER))
    is_late = is_renewal and rng.random() < SIGNS_LATE
    signed_on = row["starts_on"] + timedelta(days=after if is_late else -before)
    is_said = rng.random() < SAYS_WHEN_SIGNED and signed_on < END.date()
    return {"signed_on": signed_on if is_said else None}


def _is_going_on(row: Row) -> bool:
    """Whether it ends soon after the simulated time, and not for good."""
    days = (row["ends_on"] - END.date()).days
    return 0 <= days < SIGNED_AHEAD_DAYS and row["action_at_end"] != "cancel"
