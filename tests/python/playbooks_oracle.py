"""A plain-Python reading of failed payments, pauses, repeat purchases, goals, red flags and benchmarks.

Raw events are read and replayed as in `oracle`; what becomes of a failure or a pause is followed one event at a time.
Verdicts are exact: a rate is a fraction of two counts, and a benchmark stated for another period is not converted but
both sides are raised to a whole power, so that no root is drawn.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import drivers_oracle
import oracle

DAY = timedelta(days=1)
PAUSE_RENEWAL_DAYS = 90
CLV_WINDOW_MONTHS = 12
MONTHS = {"month": 1, "quarter": 3, "year": 12}
# A figure is a quotient of doubles: one that is above by no more than this is the same.
SAME = Fraction(1, 10**9)
COMPARISONS = {
    ">": lambda value, bound: value - bound > SAME,
    ">=": lambda value, bound: bound - value <= SAME,
    "<": lambda value, bound: bound - value > SAME,
    "<=": lambda value, bound: value - bound <= SAME,
}


@dataclass(frozen=True)
class Seeds:
    """Rows of the seeds and of the list of metrics, as text."""

    churn_reasons: list[dict[str, str]]
    metrics: list[dict[str, str]]
    red_flags: list[dict[str, str]]
    benchmarks: list[dict[str, str]]


@dataclass(frozen=True)
class Business:
    """What is seen of a business, and the periods that it is reported by."""

    subscriptions: dict[str, list[oracle.Event]]
    owners: dict[str, str]
    attributes: dict[str, dict[str, str]]
    orders: list[tuple[str, datetime]]
    as_of: datetime
    periods: list[oracle.Period]
    small: set[oracle.Segment]
    settings: oracle.Settings

    def day(self, at: datetime) -> date:
        return oracle.local_date_of(at, self.settings.reporting_timezone)

    def is_complete(self, period: oracle.Period) -> bool:
        return period.end <= self.day(self.as_of)

    def period_columns(self, period: oracle.Period) -> dict[str, Any]:
        return {
            "period_grain": period.grain,
            "period_start": period.start,
            "period_end": period.end,
            "is_complete_period": self.is_complete(period),
        }

    def segments(self, customer_id: str) -> list[oracle.Segment]:
        """Every segment that a customer is in, but its plan."""
        known = self.attributes.get(customer_id, {})
        values = {name: known.get(name) or oracle.NO_VALUE for name in oracle.ATTRIBUTE_SEGMENTS}
        return [("all", "all"), *values.items()]


def read_business(tables: dict[str, list[dict]], settings: oracle.Settings) -> Business:
    """The business as seen from `as_of`, from raw rows; orders are taken to be readable and to come once each."""
    rates: oracle.Rates = {}
    for record in oracle.accept("", tables["exchange_rates"], oracle.read_rate, settings.known_at)[0]:
        values = record.values
        rates.setdefault(values["currency"], []).append((values["rate_date"], values["rate_to_reporting"]))
    customers, _ = oracle.accept("", tables["customers"], oracle.read_customer, settings.known_at)
    records, _ = oracle.accept(
        "", tables["subscription_events"], lambda row: oracle.read_event(row, rates, settings), settings.known_at
    )
    events = sorted((oracle.to_event(record, rates, settings) for record in records), key=oracle.Event.order)
    orders = [(row["customer_id"], datetime.fromisoformat(row["ordered_at"])) for row in tables["orders"]]
    if settings.known_at is not None:
        orders = [(customer_id, at) for customer_id, at in orders if at <= settings.known_at]

    times = [event.occurred_at for event in events] + [at for _, at in orders]
    now = datetime.now(UTC).replace(tzinfo=None)
    as_of = settings.as_of or min(now, max(times, default=now))
    by_customer = oracle.events_by_customer([event for event in events if event.occurred_at <= as_of])
    first, last = (oracle.local_date_of(at, settings.reporting_timezone) for at in (min([*times, as_of]), as_of))
    dated = oracle.with_dates(settings, events)
    lives = {customer_id: oracle.lives_of(own_events, dated) for customer_id, own_events in by_customer.items()}
    seen = [event for event in events if event.occurred_at <= as_of]
    with_history = oracle.build_customers(seen, customers, {}, dated)
    return Business(
        subscriptions={key: life for own in lives.values() for key, life in own.items()},
        owners={key: customer_id for customer_id, own in lives.items() for key in own},
        attributes={record.key: record.values for record in customers},
        orders=[(customer_id, at) for customer_id, at in orders if at <= as_of],
        as_of=as_of,
        periods=[
            period
            for grain in oracle.GRAINS
            for period in oracle.periods_from_to(grain, first, last, settings.fiscal_year_start_month)
        ],
        small=oracle.small_segments(with_history, settings),
        settings=replace(settings, as_of=as_of),
    )


# ---------------------------------------------------------------------------------------------------------------------
# What failures, pauses and orders come to
# ---------------------------------------------------------------------------------------------------------------------

Fact = dict[str, Any]  # when it began, the segments it counts in, and its figures


def steps(events: list[oracle.Event]) -> Iterator[tuple[oracle.Subscription, oracle.Event, oracle.Subscription]]:
    """Each event of a subscription with the state before and after it."""
    state = oracle.Subscription()
    for event in events:
        before, state = state, oracle.apply(state, event)
        yield before, event, state


def instants(events: list[oracle.Event]) -> list[tuple[datetime, oracle.Subscription]]:
    """A subscription after all events of each instant at which something happened to it."""
    return list({event.occurred_at: after for _, event, after in steps(events)}.items())


def fact(business: Business, subscription_id: str, began_at: datetime, plan: str | None, **figures: Any) -> Fact:
    segments = [*business.segments(business.owners[subscription_id]), ("plan", plan or oracle.NO_VALUE)]
    return {"on": business.day(began_at), "segments": segments, **figures}


def payment_failures(business: Business) -> list[Fact]:
    """Every failure, from the first failed payment to the event after which none is open."""
    result = []
    for subscription_id, events in business.subscriptions.items():
        failure: Fact | None = None
        failed_at = datetime.min
        for before, event, after in steps(events):
            if before.failed_at is None and after.failed_at is not None:
                failed_at, reason = event.occurred_at, event.reason_code or oracle.NO_VALUE
                figures = {"outcome": "open", "days": None, "mrr": after.current_mrr(), "reason": reason}
                failure = fact(business, subscription_id, failed_at, after.plan_id, **figures)
                result.append(failure)
            if before.failed_at is not None and after.failed_at is None:
                failure["outcome"] = "lost" if after.state == oracle.ENDED else "recovered"
                failure["days"] = (event.occurred_at - failed_at) // DAY
    return result


def pauses(business: Business) -> list[Fact]:
    """Every pause, from the instant at which a subscription is paused to the one at which it no longer is."""
    result = []
    for subscription_id, events in business.subscriptions.items():
        history = [(datetime.min, oracle.Subscription()), *instants(events)]
        for i in range(1, len(history)):
            (_, previous), (at, state) = history[i - 1], history[i]
            if state.state != oracle.PAUSED or previous.state == oracle.PAUSED:
                continue
            later = history[i + 1 :]
            over = next(((when, s.state) for when, s in later if s.state != oracle.PAUSED), None)
            outcome, days, is_renewed = "open", None, None
            if over is not None:
                over_at, next_state = over
                outcome, days = "resumed" if next_state == oracle.LIVE else "lost", (over_at - at) // DAY
                ended_at = next((when for when, s in later if s.state == oracle.ENDED), datetime.max)
                if outcome == "resumed" and (business.as_of - over_at) // DAY >= PAUSE_RENEWAL_DAYS:
                    is_renewed = (ended_at - over_at) // DAY >= PAUSE_RENEWAL_DAYS
            figures = {"outcome": outcome, "days": days, "is_renewed": is_renewed, "mrr": previous.current_mrr()}
            result.append(fact(business, subscription_id, at, state.plan_id, **figures))
    return result


def by_period_and_segment(business: Business, facts: list[Fact]) -> Iterator[tuple[dict[str, Any], list[Fact]]]:
    """The facts that began in each period, by segment, with the key columns; only where there are any."""
    for period in business.periods:
        by_segment: dict[oracle.Segment, list[Fact]] = {}
        for one in facts:
            if period.start <= one["on"] < period.end:
                for segment in one["segments"]:
                    by_segment.setdefault(oracle.shown_as(segment, period.grain, business.small), []).append(one)
        for segment, inside in sorted(by_segment.items(), key=lambda item: item[0]):
            columns = {**business.period_columns(period), "segment_type": segment[0], "segment_value": segment[1]}
            yield columns, inside


def rate_columns(name: str, count: int, total: int) -> dict[str, float | None]:
    lower, upper = oracle.wilson(count, total)
    return {name: oracle.ratio(count, total), name + "_lower": lower, name + "_upper": upper}


def mean_and_median(days: list[int]) -> tuple[float | None, float | None]:
    return (statistics.fmean(days), float(statistics.median(days))) if days else (None, None)


def money(facts: Iterable[Fact]) -> Decimal:
    return sum((one["mrr"] for one in facts), Decimal(0))


def dunning_columns(facts: list[Fact]) -> dict[str, Any]:
    recovered, lost, still_open = (
        [one for one in facts if one["outcome"] == outcome] for outcome in ("recovered", "lost", "open")
    )
    mean, median = mean_and_median([one["days"] for one in recovered])
    return {
        "failures": len(facts),
        "recovered": len(recovered),
        "lost": len(lost),
        "still_open": len(still_open),
        **rate_columns("recovery_rate", len(recovered), len(recovered) + len(lost)),
        "mean_days_to_recovery": mean,
        "median_days_to_recovery": median,
        "mrr_at_risk": money(facts),
        "mrr_recovered": money(recovered),
        "mrr_lost": money(lost),
        "mrr_open": money(still_open),
    }


def dunning_rows(business: Business) -> list[dict]:
    groups = by_period_and_segment(business, payment_failures(business))
    return [{**columns, **dunning_columns(facts)} for columns, facts in groups]


def recovery_by_reason_rows(business: Business) -> list[dict]:
    rows = []
    for columns, facts in by_period_and_segment(business, payment_failures(business)):
        if columns["period_grain"] not in MONTHS:
            continue
        for reason in sorted({one["reason"] for one in facts}):
            figures = dunning_columns([one for one in facts if one["reason"] == reason])
            del figures["mean_days_to_recovery"]
            rows.append({**columns, "decline_reason": reason, **figures})
    return rows


def pause_rows(business: Business) -> list[dict]:
    rows = []
    for columns, facts in by_period_and_segment(business, pauses(business)):
        counts = {name: sum(one["outcome"] == name for one in facts) for name in ("resumed", "lost", "open")}
        judged = [one["is_renewed"] for one in facts if one["is_renewed"] is not None]
        mean, median = mean_and_median([one["days"] for one in facts if one["days"] is not None])
        rows.append(
            {
                **columns,
                "paused": len(facts),
                "resumed": counts["resumed"],
                "lost": counts["lost"],
                "still_paused": counts["open"],
                **rate_columns("resume_rate", counts["resumed"], counts["resumed"] + counts["lost"]),
                "mean_days_paused": mean,
                "median_days_paused": median,
                "resumed_long_ago": len(judged),
                "renewed": sum(judged),
                **rate_columns("renewal_rate", sum(judged), len(judged)),
                "mrr_paused": money(facts),
            }
        )
    return rows


def repeat_purchase_rows(business: Business) -> list[dict]:
    facts = [
        {"on": business.day(at), "segments": business.segments(customer_id), "customer_id": customer_id}
        for customer_id, at in business.orders
    ]
    rows = []
    for columns, inside in by_period_and_segment(business, facts):
        buyers = {one["customer_id"] for one in inside}
        until_end = [one["customer_id"] for one in facts if one["on"] < columns["period_end"]]
        repeat = sum(until_end.count(customer_id) >= 2 for customer_id in buyers)
        rows.append(
            {
                **columns,
                "orders": len(inside),
                "buying_customers": len(buyers),
                "repeat_customers": repeat,
                **rate_columns("repeat_purchase_rate", repeat, len(buyers)),
            }
        )
    return rows


# ---------------------------------------------------------------------------------------------------------------------
# Verdicts on the reports
# ---------------------------------------------------------------------------------------------------------------------

KEY = ("period_grain", "period_start", "segment_type", "segment_value")


def merged_reports(reports: Iterable[list[dict]]) -> dict[tuple, dict]:
    """Rows with the same period and segment united, by period and segment."""
    result: dict[tuple, dict] = {}
    for rows in reports:
        for row in rows:
            result.setdefault(tuple(row[column] for column in KEY), {}).update(row)
    return result


def clv(window: list[dict]) -> tuple[Fraction | None, str | None]:
    """ARPA / churn pooled over months, or why there is none."""
    start, churned, end = (sum(row["customers_" + name] for row in window) for name in ("start", "churned", "end"))
    if not start or not end:
        return None, "no_customers"
    if not churned:
        return None, "no_churn"
    return Fraction(sum(row["mrr_end"] for row in window)) / end * start / churned, None


def fall_of_clv(months: list[dict], i: int) -> tuple[Fraction | None, str | None]:
    """The share of its CLV that a segment lost in its i-th month, or why there is none."""
    if i == 0:
        return None, "no_previous_period"
    (now, reason), (before, reason_before) = (
        clv(months[max(0, j - CLV_WINDOW_MONTHS + 1) : j + 1]) for j in (i, i - 1)
    )
    if before == 0:
        return None, "no_mrr"
    if reason or reason_before:
        return None, reason or reason_before
    return 1 - now / before, None


def interval_changes(tables: dict[str, list[dict]], business: Business) -> dict[tuple, Fraction]:
    """(grain, period start, segment type, value) -> MRR of those who stayed that came with another billing interval.

    The tables have no plans, so no tier says anything about a change of plan.
    """
    sums: dict[tuple, Fraction] = {}
    for (customer_id, *period), parts in drivers_oracle.build(tables, business.settings).items():
        for segment in [*business.segments(customer_id), ("plan", parts["plan_id_end"])]:
            key = (*period, *oracle.shown_as(segment, period[0], business.small))
            sums[key] = sums.get(key, Fraction(0)) + Fraction(parts["interval"])
    return sums


def red_flag_rows(figures: dict[tuple, dict], of_intervals: dict[tuple, Fraction], seeds: Seeds) -> list[dict]:
    months: dict[oracle.Segment, list[dict]] = {}
    for row in sorted(figures.values(), key=lambda row: row["period_start"]):
        if row["period_grain"] == "month":
            months.setdefault((row["segment_type"], row["segment_value"]), []).append(row)

    def value_of(metric: str, row: dict) -> tuple[Fraction | None, str | None]:
        """A metric of a period and segment, or why there is none."""
        if metric == "customers_lost_net":
            return Fraction(row["customers_churned"] - row["customers_new"] - row["customers_reactivated"]), None
        if metric == "mrr_downgraded_net":
            change = Fraction(row["mrr_contraction"]) + Fraction(row["mrr_expansion"])
            return of_intervals.get(tuple(row[column] for column in KEY), Fraction(0)) - change, None
        if metric == "clv_fall":
            own_months = months[(row["segment_type"], row["segment_value"])]
            return fall_of_clv(own_months, own_months.index(row))
        counted = {"churn_rate": "customers_churned", "involuntary_churn_rate": "customers_churned_involuntary"}
        start = row["customers_start"]
        return (Fraction(row[counted[metric]], start), None) if start else (None, "no_customers")

    rows = []
    for row, flag in itertools.product(figures.values(), seeds.red_flags):
        if flag["grain"] in ("all", row["period_grain"]):
            value, reason = value_of(flag["metric"], row)
            if not row["is_complete_period"]:
                reason = "incomplete_period"
            threshold = Fraction(flag["threshold"])
            is_raised = value is not None and COMPARISONS[flag["operator"]](value, threshold)
            if row["period_grain"] in ("day", "week") and (reason or not is_raised):
                continue
            rows.append(
                {
                    **{column: row[column] for column in (*KEY, "period_end", "is_complete_period", "customers_start")},
                    "flag_code": flag["flag_code"],
                    "metric": flag["metric"],
                    "value": None if value is None else float(value),
                    "threshold": float(threshold),
                    "verdict": None if reason else "raised" if is_raised else "clear",
                    "no_verdict_reason": reason,
                }
            )
    return rows


def goal_rows(targets: list[dict], figures: dict[tuple, dict], business: Business, seeds: Seeds) -> list[dict]:
    better_way = {row["metric"]: row["better"] for row in seeds.metrics}
    periods = {(period.grain, period.start): period for period in business.periods}
    rows = []
    for target in targets:
        metric, grain, start = target["metric"], target["period_grain"], date.fromisoformat(target["period_start"])
        if business.settings.known_at is not None and oracle.midnight(start) > business.settings.known_at:
            continue
        period, better, threshold = periods.get((grain, start)), better_way.get(metric), float(target["target"])
        value = figures.get((grain, start, "all", "all"), {}).get(metric)
        reason = None
        if better is None:
            reason = "unknown_metric"
        elif period is None:
            reason = "future_period" if start > business.day(business.as_of) else "unknown_period"
        elif not business.is_complete(period):
            reason = "incomplete_period"
        elif value is None:
            reason = "no_value"
        verdict = None
        if reason is None:
            shortfall = float(value) - threshold if better == "lower" else threshold - float(value)
            verdict = "missed" if shortfall > 1e-9 else "reached"
        rows.append(
            {
                "metric": metric,
                "period_grain": grain,
                "period_start": start,
                "period_end": period and period.end,
                "is_complete_period": period is not None and business.is_complete(period),
                "value": None if value is None or better is None else float(value),
                "threshold": threshold,
                "gap": None if value is None or better is None else float(value) - threshold,
                "better": better,
                "verdict": verdict,
                "no_verdict_reason": reason,
            }
        )
    return rows


def kept_against(kept: Fraction, bound: Fraction, stated_months: int, period_months: int) -> int:
    """1, 0 or -1: more, as many or fewer were kept in a period than a bound of the share kept in another asks for."""
    ours, theirs = kept**stated_months, bound**period_months
    return (ours > theirs) - (ours < theirs)


def benchmark_rows(figures: dict[tuple, dict], business: Business, seeds: Seeds) -> list[dict]:
    rows = []
    for benchmark in seeds.benchmarks:
        is_churn = benchmark["metric"] == "churn_rate"
        bounds = {
            name: Fraction(benchmark[name]) if benchmark[name] else None for name in ("lower_bound", "upper_bound")
        }
        for period in business.periods:
            key = (period.grain, period.start, benchmark["segment_type"], benchmark["segment_value"])
            row = figures.get(key, {})
            start = row.get("customers_start")
            stated, wanted = MONTHS.get(benchmark["stated_grain"]), MONTHS.get(period.grain)
            converted = dict.fromkeys(bounds)
            reason = verdict = None
            if not stated or not wanted:
                reason = "no_whole_months"
            else:
                for name, bound in bounds.items():
                    if bound is not None:
                        kept = float(1 - bound if is_churn else bound) ** (wanted / stated)
                        converted[name] = 1 - kept if is_churn else kept
                if not business.is_complete(period):
                    reason = "incomplete_period"
                elif not start:
                    reason = "no_customers"
            if reason is None:
                kept = 1 - Fraction(row["customers_churned"], start)
                # the bounds as shares kept: the fewest and the most that are usual
                fewest, most = (
                    (bounds["upper_bound"], bounds["lower_bound"])
                    if is_churn
                    else (bounds["lower_bound"], bounds["upper_bound"])
                )
                fewest, most = (None if b is None else 1 - b if is_churn else b for b in (fewest, most))
                is_worse = fewest is not None and kept_against(kept, fewest, stated, wanted) < 0
                is_better = most is not None and kept_against(kept, most, stated, wanted) > 0
                verdict = "worse" if is_worse else "better" if is_better else "within"
            rows.append(
                {
                    **business.period_columns(period),
                    **{name: benchmark[name] for name in ("benchmark", "metric", "segment_type", "segment_value")},
                    "customers_start": start,
                    "value": row.get(benchmark["metric"]),
                    "threshold": converted["upper_bound" if is_churn else "lower_bound"],
                    **converted,
                    "verdict": verdict,
                    "no_verdict_reason": reason,
                }
            )
    return rows


def build(tables: dict[str, list[dict]], settings: oracle.Settings, seeds: Seeds) -> dict[str, list[dict]]:
    """The expected tables, by name, from raw rows of text."""
    business = read_business(tables, settings)
    reports = oracle.build(
        tables["subscription_events"],
        tables["customers"],
        tables["exchange_rates"],
        seeds.churn_reasons,
        business.settings,
    )
    figures = merged_reports(reports[name] for name in ("rpt_churn_rates", "rpt_retention_rates", "rpt_mrr_movements"))
    dunning, repeat_purchases = dunning_rows(business), repeat_purchase_rows(business)
    return {
        "rpt_dunning": dunning,
        "rpt_recovery_by_reason": recovery_by_reason_rows(business),
        "rpt_pauses": pause_rows(business),
        "rpt_repeat_purchases": repeat_purchases,
        "rpt_red_flags": red_flag_rows(figures, interval_changes(tables, business), seeds),
        "rpt_goals": goal_rows(
            tables["targets"], merged_reports([figures.values(), dunning, repeat_purchases]), business, seeds
        ),
        "rpt_benchmarks": benchmark_rows(figures, business, seeds),
    }
