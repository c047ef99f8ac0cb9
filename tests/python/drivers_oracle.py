"""A plain-Python reading of what moved the MRR of customers who stayed, one event at a time.

Of every subscription the charge is kept beside the state: amount, currency, rate, interval, quantity and plan. A change
is walked from the old charge to the new one, rate first, then quantity, then the rest.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import oracle

DRIVERS = ("plan", "interval", "quantity", "price", "exchange_rate", "pause", "subscription")
TIER_RANKS = {"basic": 1, "starter": 1, "enterprise": 4}
GIVES_TERMS = ("trial_started", "started", "reactivated", "renewed", "changed")


@dataclass(frozen=True)
class Charge:
    """What a subscription was last charged, and for how many."""

    amount: Decimal | None = None
    currency: str | None = None
    rate: Decimal = Decimal(1)
    interval: str = "month"
    count: int = 1
    quantity: Decimal | None = None

    def months(self) -> Fraction:
        """How long one charge lasts."""
        return oracle.MONTHS_IN_INTERVAL[self.interval] * self.count

    def mrr(self, rate: Decimal, times: Fraction = Fraction(1)) -> Decimal:
        """The MRR of so many times the amount at a rate."""
        amount = oracle.six_places(Fraction(self.amount) * times)
        return oracle.monthly_amount(amount, rate, self.interval, self.count)


def charged(charge: Charge, values: dict, rates: oracle.Rates, settings: oracle.Settings) -> Charge:
    """The charge after an event that gives one."""
    if values["quantity"] is not None:
        charge = replace(charge, quantity=values["quantity"])
    if values["amount"] is not None:
        charge = replace(
            charge,
            amount=values["amount"],
            currency=values["currency"] or settings.reporting_currency,
            rate=oracle.event_rate(values, rates, settings),
            interval=values["billing_interval"] or "month",
            count=int(values["billing_interval_count"] or 1),
        )
    return charge


def parts_of_change(
    before: tuple[oracle.Subscription, Charge], after: tuple[oracle.Subscription, Charge], ranks: dict[str | None, int]
) -> dict[str, Decimal]:
    """What a subscription's MRR changed by at an instant, by driver."""
    (old, old_charge), (new, charge) = before, after
    change = new.current_mrr() - old.current_mrr()
    if old.is_active() != new.is_active():
        return {"subscription": change}
    if old.state != new.state:
        return {"pause": change}
    is_other_length = old_charge.amount is not None and old_charge.months() != charge.months()
    rest = "plan" if old.plan_id != new.plan_id else "interval" if is_other_length else "price"
    if not change or old_charge.amount is None:
        return {rest: change}
    rate = charge.rate if charge.currency == old_charge.currency else old_charge.rate
    times = Fraction(charge.quantity) / Fraction(old_charge.quantity) if old_charge.quantity else Fraction(1)
    at_rate, at_quantity = old_charge.mrr(rate), old_charge.mrr(rate, times)
    if rest == "plan" and is_other_length:
        # the tier explains what goes its way, the interval what goes against it, such as a discount for the year
        is_more, is_longer = new.current_mrr() > at_quantity, charge.months() > old_charge.months()
        if old.plan_id in ranks and new.plan_id in ranks:
            rise = ranks[new.plan_id] - ranks[old.plan_id]
            rest = "plan" if rise and (rise > 0) == is_more else "interval"
        else:
            rest = "interval" if is_longer != is_more else "plan"
    return {
        "exchange_rate": at_rate - old.current_mrr(),
        "quantity": at_quantity - at_rate,
        rest: new.current_mrr() - at_quantity,
    }


def changes_of(
    events: list[tuple[oracle.Event, dict]],
    rates: oracle.Rates,
    settings: oracle.Settings,
    ranks: dict[str | None, int],
) -> list[tuple[datetime, dict[str, Decimal]]]:
    """Each instant of a subscription with what its MRR changed by; the events come in order, with their raw values."""
    by_instant: dict[datetime, tuple[oracle.Subscription, Charge]] = {}
    state, charge = oracle.Subscription(), Charge()
    for event, values in events:
        allowed = event.event_type != "changed" or state.state in (oracle.TRIALING, oracle.LIVE, oracle.PAUSED)
        allowed &= event.event_type != "trial_started" or state.state in (oracle.NONE, oracle.ENDED)
        state = oracle.apply(state, event)
        if event.event_type in GIVES_TERMS and allowed:
            charge = charged(charge, values, rates, settings)
        by_instant[event.occurred_at] = (state, charge)
    previous = [(oracle.Subscription(), Charge()), *by_instant.values()]
    return [
        (at, parts_of_change(old, new, ranks)) for old, (at, new) in zip(previous, by_instant.items(), strict=False)
    ]


def build(
    tables: dict[str, list[dict]], settings: oracle.Settings
) -> dict[tuple[str, str, date], dict[str, Decimal | str]]:
    """(customer, grain, period start) of each expansion and contraction -> its parts, `driver` and the plan."""
    ranks = {row["plan_id"]: TIER_RANKS[row["plan_tier"]] for row in tables.get("plans", [])}
    rates: oracle.Rates = defaultdict(list)
    for record in oracle.accept("", tables["exchange_rates"], oracle.read_rate, settings.known_at)[0]:
        values = record.values
        rates[values["currency"]].append((values["rate_date"], values["rate_to_reporting"]))
    records, _ = oracle.accept(
        "", tables["subscription_events"], lambda row: oracle.read_event(row, rates, settings), settings.known_at
    )
    events = [(oracle.to_event(record, rates, settings), record.values) for record in records]
    as_of = oracle.report_moment([event for event, _ in events], settings)
    settings = oracle.with_dates(settings, [event for event, _ in events])
    seen = [event for event, _ in events if event.occurred_at <= as_of]
    raw_values = {event.event_id: values for event, values in events}

    result = {}
    for customer_id, own_events in oracle.events_by_customer(seen).items():
        history = oracle.replay(own_events, settings)
        changes = [
            (oracle.local_date_of(at, settings.reporting_timezone), parts)
            for life in oracle.lives_of(own_events, settings).values()
            for at, parts in changes_of([(event, raw_values[event.event_id]) for event in life], rates, settings, ranks)
        ]
        last = oracle.local_date_of(as_of, settings.reporting_timezone)
        for grain in oracle.GRAINS:
            first = history[0].local_date
            for period in oracle.periods_from_to(grain, first, last, settings.fiscal_year_start_month):
                start, end = (oracle.state_before(history, day) for day in (period.start, period.end))
                if not (start.is_active and end.is_active) or start.mrr == end.mrr:
                    continue
                totals = dict.fromkeys(DRIVERS, Decimal(0))
                for day, parts in changes:
                    if period.start <= day < period.end:
                        for driver, part in parts.items():
                            totals[driver] += part
                causes = [driver for driver, part in totals.items() if part]
                driver = causes[0] if len(causes) == 1 else "mixed"
                assert sum(totals.values()) == end.mrr - start.mrr
                result[(customer_id, grain, period.start)] = {**totals, "driver": driver, "plan_id_end": end.plan}
    return result
