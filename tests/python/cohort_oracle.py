"""A plain-Python reading of cohorts and first spells, to compare the warehouse with.

Customers come from the oracle, which replays their events one at a time. Every question is then asked of one customer
after the other: when did it join, what was it at the end of that period, when was it lost?
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from math import exp, log, sqrt

import oracle


def replayed(tables: dict, churn_reasons: list[dict], settings: oracle.Settings) -> tuple[list, datetime]:
    """The customers of raw tables with their history up to as_of, and as_of."""
    rates = {}
    for record in oracle.accept("exchange_rates", tables["exchange_rates"], oracle.read_rate, settings.known_at)[0]:
        rates.setdefault(record.values["currency"], []).append(
            (record.values["rate_date"], record.values["rate_to_reporting"])
        )
    customers, _ = oracle.accept("customers", tables["customers"], oracle.read_customer, settings.known_at)
    records, _ = oracle.accept(
        "subscription_events",
        tables["subscription_events"],
        lambda row: oracle.read_event(row, rates, settings),
        settings.known_at,
    )
    events = [oracle.to_event(record, rates, settings) for record in records]
    as_of = oracle.report_moment(events, settings)
    seen = [event for event in events if event.occurred_at <= as_of]
    reasons = {row["reason_code"]: row for row in churn_reasons}
    return oracle.build_customers(seen, customers, reasons, settings), as_of


def segments_at_start(customer: oracle.Customer) -> list[oracle.Segment]:
    """The segments that a customer is in when it first becomes one."""
    start = oracle.activations(customer.history)[0]
    return [(kind, oracle.segment_value(customer, start, kind)) for kind in oracle.SEGMENT_TYPES]


def cohort_retention(customers: list[oracle.Customer], as_of: datetime, settings: oracle.Settings) -> list[dict]:
    """The rows of rpt_cohort_retention."""
    today = oracle.local_date_of(as_of, settings.reporting_timezone)
    fiscal = settings.fiscal_year_start_month
    rows: dict[tuple, dict] = {}
    for grain in ("month", "quarter"):
        for customer in customers:
            if not oracle.activations(customer.history):
                continue
            start = oracle.activations(customer.history)[0]
            period = cohort = oracle.period_holding(grain, start.local_date, fiscal)
            for age in count():
                if period.end > today:
                    break
                then = oracle.state_before(customer.history, period.end)
                for segment in segments_at_start(customer):
                    row = rows.setdefault((grain, cohort.start, *segment, age), Counter())
                    row["customers_in_cohort"] += 1
                    row["customers_active"] += then.is_active
                    row["mrr_in_cohort"] += start.mrr
                    row["mrr_active"] += then.mrr
                period = oracle.period_holding(grain, period.end, fiscal)
    names = ("cohort_grain", "cohort_start", "segment_type", "segment_value", "period_number")
    result = []
    for key, row in rows.items():
        lower, upper = oracle.wilson(row["customers_active"], row["customers_in_cohort"])
        rates = {
            "retention_rate": oracle.ratio(row["customers_active"], row["customers_in_cohort"]),
            "retention_rate_lower": lower,
            "retention_rate_upper": upper,
            "revenue_retention_rate": oracle.ratio(Decimal(row["mrr_active"]), Decimal(row["mrr_in_cohort"])),
        }
        result.append({**dict(zip(names, key, strict=True)), **row, **rates})
    return result


@dataclass(frozen=True)
class Spell:
    """How long a customer stayed the first time, in whole days; churn_type is None for one that is still there."""

    days: int
    churn_type: str | None


def first_spells(customers: list[oracle.Customer], as_of: datetime) -> Iterable[tuple[oracle.Segment, Spell]]:
    """Every segment that a first spell counts in, with the spell."""
    for customer in customers:
        starts = [moment.at for moment in oracle.activations(customer.history)]
        if not starts:
            continue
        loss = customer.churns[0][1] if customer.churns else None
        ended_at = loss["churned_at"] if loss else as_of
        spell = Spell((ended_at - starts[0]) // timedelta(days=1), loss and loss["churn_type"])
        for segment in segments_at_start(customer):
            yield segment, spell


def survival_curve(spells: list[Spell]) -> list[dict]:
    """The rows of one segment of rpt_survival_curves, from the definitions: Kaplan-Meier and Aalen-Johansen."""
    rows = []
    survival, variance = 1.0, 0.0
    incidence = {"voluntary": 0.0, "involuntary": 0.0, "unknown": 0.0}
    for day in sorted({0, *(spell.days for spell in spells)}):
        at_risk = sum(spell.days >= day for spell in spells)
        lost = Counter(spell.churn_type for spell in spells if spell.days == day)
        censored = lost.pop(None, 0)
        churned = sum(lost.values())
        for churn_type in incidence:
            incidence[churn_type] += survival * lost[churn_type] / at_risk
        survival *= 1 - churned / at_risk
        lower = upper = survival
        if 0 < survival < 1:
            variance += churned / (at_risk * (at_risk - churned))
            half = 1.959963984540054 * sqrt(variance) / log(survival)
            lower = exp(-exp(log(-log(survival)) - half))
            upper = exp(-exp(log(-log(survival)) + half))
        rows.append(
            {
                "tenure_days": day,
                "at_risk": at_risk,
                "churned": churned,
                "censored": censored,
                "survival": survival,
                "survival_lower": lower,
                "survival_upper": upper,
                **{f"incidence_{churn_type}": share for churn_type, share in incidence.items()},
            }
        )
    return rows


def survival_curves(customers: list[oracle.Customer], as_of: datetime) -> list[dict]:
    """The rows of rpt_survival_curves."""
    by_segment: dict[oracle.Segment, list[Spell]] = {}
    for segment, spell in first_spells(customers, as_of):
        by_segment.setdefault(segment, []).append(spell)
    return [
        {"segment_type": segment[0], "segment_value": segment[1], **row}
        for segment, spells in by_segment.items()
        for row in survival_curve(spells)
    ]
