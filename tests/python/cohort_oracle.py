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


def accepted(tables: dict, settings: oracle.Settings) -> tuple[list[oracle.Record], dict]:
    """The accepted events of raw tables, and the exchange rates by currency."""
    rates = {}
    for record in oracle.accept("exchange_rates", tables["exchange_rates"], oracle.read_rate, settings.known_at)[0]:
        rates.setdefault(record.values["currency"], []).append(
            (record.values["rate_date"], record.values["rate_to_reporting"])
        )
    records, _ = oracle.accept(
        "subscription_events",
        tables["subscription_events"],
        lambda row: oracle.read_event(row, rates, settings),
        settings.known_at,
    )
    return records, rates


def known_events(tables: dict, settings: oracle.Settings) -> list[oracle.Event]:
    """The accepted events of raw tables, also those later than as_of."""
    records, rates = accepted(tables, settings)
    return [oracle.to_event(record, rates, settings) for record in records]


def seen_events(tables: dict, settings: oracle.Settings) -> tuple[list[oracle.Event], datetime, oracle.Settings]:
    """The events of raw tables up to as_of, as_of, and the settings with whether all times are dates."""
    events = known_events(tables, settings)
    as_of = oracle.report_moment(events, settings)
    return [event for event in events if event.occurred_at <= as_of], as_of, oracle.with_dates(settings, events)


def replayed(tables: dict, churn_reasons: list[dict], settings: oracle.Settings) -> tuple[list, datetime]:
    """The customers of raw tables with their history up to as_of, and as_of."""
    customers, _ = oracle.accept("customers", tables["customers"], oracle.read_customer, settings.known_at)
    seen, as_of, settings = seen_events(tables, settings)
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


def months_later(at: datetime, months: int) -> datetime:
    """The same time of day so many months later; a day that the month does not have is its last one."""
    first = oracle.add_months(at.date().replace(day=1), months)
    last = oracle.add_months(first, 1) - timedelta(days=1)
    return datetime.combine(last.replace(day=min(at.day, last.day)), at.time())


def churn_hazard(customers: list[oracle.Customer], as_of: datetime) -> list[dict]:
    """The rows of rpt_churn_hazard: month after month of every first spell, survived or not."""
    rows: dict[tuple, Counter] = {}
    for customer in customers:
        if not oracle.activations(customer.history):
            continue
        started_at = oracle.activations(customer.history)[0].at
        lost_at = customer.churns[0][1]["churned_at"] if customer.churns else None
        for month in count(1):
            is_lost = lost_at is not None and lost_at <= months_later(started_at, month)
            if not is_lost and (lost_at or as_of) < months_later(started_at, month):
                break
            for segment in segments_at_start(customer):
                row = rows.setdefault((*segment, month), Counter())
                row["at_risk"] += 1
                row["churned"] += is_lost
            if is_lost:
                break
    result = []
    for (segment_type, segment_value, month), row in rows.items():
        lower, upper = oracle.wilson(row["churned"], row["at_risk"])
        rates = {"hazard_rate": row["churned"] / row["at_risk"], "hazard_rate_lower": lower, "hazard_rate_upper": upper}
        key = {"segment_type": segment_type, "segment_value": segment_value, "tenure_month": month}
        result.append({**key, **row, **rates})
    return result


# what rpt_preventable_churn and rpt_churn_seasonality repeat of rpt_churn_rates
REPORT_COLUMNS = (
    "period_grain", "period_start", "period_end", "is_complete_period", "segment_type", "segment_value",
    "customers_start", "customers_churned",
)  # fmt: skip


def preventable_churn(
    customers: list[oracle.Customer], reports: list[dict], settings: oracle.Settings
) -> Iterable[dict]:
    """The rows of rpt_preventable_churn, for the periods and segments of the rows of rpt_churn_rates."""
    names = {True: "preventable", False: "natural", None: "unexplained"}
    sums: dict[tuple, Counter] = {}
    small = oracle.small_segments(customers, settings)
    for customer in customers:
        for grain in oracle.GRAINS:
            losses = {}
            for day, loss in customer.churns:
                losses[oracle.period_holding(grain, day, settings.fiscal_year_start_month)] = loss
            for period, loss in losses.items():
                start = oracle.state_before(customer.history, period.start)
                if start.is_active and not oracle.state_before(customer.history, period.end).is_active:
                    for kind in oracle.SEGMENT_TYPES:
                        segment = (kind, oracle.segment_value(customer, start, kind))
                        segment = oracle.shown_as(segment, grain, small)
                        row = sums.setdefault((grain, period.start, *segment), Counter())
                        row["customers_churned_" + names[loss["is_preventable"]]] += 1
                        row["mrr_lost_" + names[loss["is_preventable"]]] += loss["mrr_lost"]
    for report in reports:
        key = {name: report[name] for name in ("period_grain", "period_start", "segment_type", "segment_value")}
        row = sums.get(tuple(key.values()), Counter())
        preventable, natural = row["customers_churned_preventable"], row["customers_churned_natural"]
        yield {
            **{name: report[name] for name in REPORT_COLUMNS},
            "customers_churned_preventable": preventable,
            "customers_churned_natural": natural,
            "customers_churned_unexplained": row["customers_churned_unexplained"],
            "preventable_churn_rate": oracle.ratio(preventable, report["customers_start"]),
            "natural_churn_rate": oracle.ratio(natural, report["customers_start"]),
            "preventable_share": oracle.ratio(preventable, preventable + natural),
            "mrr_lost": sum(row[f"mrr_lost_{name}"] for name in names.values()),
            "mrr_lost_preventable": row["mrr_lost_preventable"],
            "mrr_lost_natural": row["mrr_lost_natural"],
        }


def churn_seasonality(reports: list[dict]) -> Iterable[dict]:
    """The rows of rpt_churn_seasonality, from the rows of rpt_churn_rates."""
    months = [row for row in reports if row["period_grain"] == "month" and row["is_complete_period"]]
    for row in months:
        segment = (row["segment_type"], row["segment_value"])
        own = [other for other in months if (other["segment_type"], other["segment_value"]) == segment]
        same_month = [other for other in own if other["period_start"].month == row["period_start"].month]
        year_before = row["period_start"].replace(year=row["period_start"].year - 1)
        before = next((other for other in own if other["period_start"] == year_before), {})
        pooled, overall = (
            oracle.ratio(
                sum(other["customers_churned"] for other in rows), sum(other["customers_start"] for other in rows)
            )
            for rows in (same_month, own)
        )
        rates = row["churn_rate"], before.get("churn_rate")
        yield {
            **{name: row[name] for name in (*REPORT_COLUMNS, "churn_rate", "churn_rate_lower", "churn_rate_upper")},
            "calendar_month": row["period_start"].month,
            "customers_start_year_before": before.get("customers_start"),
            "customers_churned_year_before": before.get("customers_churned"),
            "churn_rate_year_before": rates[1],
            "churn_rate_change": None if None in rates else rates[0] - rates[1],
            "calendar_month_churn_rate": pooled,
            "seasonal_index": pooled / overall if pooled is not None and overall else None,
        }
