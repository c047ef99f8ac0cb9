"""A plain-Python reading of contracts: what each is worth by the year, and what takes its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import oracle
import playbooks_oracle

GRACE_DAYS = 60
DAY = timedelta(days=1)
GRAINS = ("month", "quarter", "year")


@dataclass(frozen=True)
class Contract:
    """A contract that is known, and once it is followed, what renews it."""

    contract_id: str
    customer_id: str
    subscription_id: str | None
    starts_on: date
    ends_on: date
    signed_on: date | None
    auto_renews: bool
    action: str | None
    arr: Decimal
    renewed_by: tuple[Contract, ...] = ()
    shares: Decimal = Decimal(0)

    @property
    def known_on(self) -> date:
        return self.signed_on or self.starts_on

    def days_late(self) -> int:
        signings = [one.signed_on or one.starts_on - DAY for one in self.renewed_by]
        return max((min(signings) - self.ends_on).days, 0)

    def outcome(self, today: date) -> str:
        if self.renewed_by:
            return "renewed"
        is_over = self.ends_on < today and self.action == "cancel"
        return "lost" if is_over or (today - self.ends_on).days > GRACE_DAYS else "open"

    def is_auto_renewed(self) -> bool:
        return bool(self.renewed_by) and self.auto_renews and self.action in (None, "renew")

    def gives_way_after(self, day: date) -> bool:
        """Whether by a day it is known that it ends for good, or what follows it later."""
        known = [one.known_on for one in self.renewed_by]
        return self.action == "cancel" or (bool(known) and min(known) <= day < self.renewed_by[0].starts_on)


def day_of(row: dict, column: str) -> date | None:
    at = oracle.instant(row, column)
    return at and at.date()


def read_contract(row: dict, rates: oracle.Rates, settings: oracle.Settings) -> oracle.Record:
    """A row of contracts; key contract_id."""
    values = {column: oracle.required_text(row, column) for column in ("contract_id", "customer_id")}
    values |= {"subscription_id": oracle.text(row, "subscription_id"), "action": oracle.code(row, "action_at_end")}
    values |= {column: day_of(row, column) for column in ("starts_on", "ends_on", "signed_on")}
    values |= {"value": oracle.not_negative(row, "value"), "auto_renews": row["auto_renews"] == "true"}
    if None in (values["starts_on"], values["ends_on"], values["value"]):
        raise oracle.Unreadable("a day or the value is missing")
    if values["ends_on"] < values["starts_on"]:
        raise oracle.Unreadable("it ends before it starts")
    currency = (oracle.spelled(oracle.text(row, "currency")) or settings.reporting_currency).upper()
    values["currency"] = None if currency == settings.reporting_currency.upper() else currency
    if values["currency"] and oracle.rate_on(rates, currency, values["starts_on"]) is None:
        raise oracle.Unreadable("the currency has no rate on or before the first day")
    loaded_at = oracle.instant(row, "loaded_at") or oracle.midnight(values["starts_on"])
    return oracle.Record(values["contract_id"], loaded_at, values)


def annual(values: dict, rates: oracle.Rates, today: date) -> Decimal:
    """What 365 days of the term cost, at the rate of its first day, or of now where that is still to come."""
    rate = Decimal(1)
    if values["currency"]:
        known = oracle.rate_on(rates, values["currency"], min(values["starts_on"], today))
        rate = min(rates[values["currency"]])[1] if known is None else known
    days = (values["ends_on"] - values["starts_on"]).days + 1
    return oracle.six_places(Fraction(values["value"]) * Fraction(rate) * 365 / days)


def known_contracts(tables: dict, business: playbooks_oracle.Business) -> list[Contract]:
    """The contracts that are known on the day of the report."""
    settings, today = business.settings, business.day(business.as_of)
    rates: oracle.Rates = defaultdict(list)
    for record in oracle.accept("", tables["exchange_rates"], oracle.read_rate, settings.known_at)[0]:
        rates[record.values["currency"]].append((record.values["rate_date"], record.values["rate_to_reporting"]))
    records, _ = oracle.accept(
        "", tables["contracts"], lambda row: read_contract(row, rates, settings), settings.known_at
    )
    found = []
    for values in (record.values for record in records):
        arr = annual(values, rates, today)
        names = ("contract_id", "customer_id", "subscription_id", "starts_on", "ends_on", "signed_on", "auto_renews")
        found.append(Contract(**{name: values[name] for name in names}, action=values["action"], arr=arr))
    return with_renewals([one for one in found if one.known_on <= today])


def with_renewals(contracts: list[Contract]) -> list[Contract]:
    """Each contract with those that start nearest to its last day, and its part of what they are worth."""
    renewed_by = {one.contract_id: nearest(one, contracts) for one in contracts}
    parts: dict[str, int] = defaultdict(int)
    for own in renewed_by.values():
        for follower in own:
            parts[follower.contract_id] += 1
    shares = {
        one.contract_id: oracle.six_places(Fraction(one.arr) / max(parts[one.contract_id], 1)) for one in contracts
    }
    return [
        replace(one, renewed_by=own, shares=sum((shares[follower.contract_id] for follower in own), Decimal(0)))
        for one in contracts
        for own in [renewed_by[one.contract_id]]
    ]


def nearest(contract: Contract, contracts: Iterable[Contract]) -> tuple[Contract, ...]:
    def away(other: Contract) -> tuple[int, date]:
        return abs((other.starts_on - contract.ends_on).days), other.starts_on

    following = [
        other
        for other in contracts
        if other.customer_id == contract.customer_id
        and other.starts_on > contract.starts_on
        and other.ends_on > contract.ends_on
        and away(other)[0] <= GRACE_DAYS
        and len({contract.subscription_id, other.subscription_id} - {None}) <= 1
    ]
    return tuple(other for other in following if away(other) == min(map(away, following)))


def worth(contracts: Iterable[Contract]) -> Decimal:
    return sum((one.arr for one in contracts), Decimal(0))


def rows(business: playbooks_oracle.Business, contracts: list[Contract], mrr: dict[tuple, Decimal]) -> list[dict]:
    """The rows of rpt_contracts. `mrr` has the MRR at the end by grain, period and segment."""
    found, today = [], business.day(business.as_of)
    for period in [period for period in business.periods if period.grain in GRAINS]:
        last_on, by_segment = min(period.end - DAY, today), defaultdict(list)
        for one in contracts:
            if min(one.known_on, one.starts_on) <= last_on and one.ends_on >= period.start:
                for segment in business.segments(one.customer_id):
                    by_segment[segment].append(one)
        for segment, own in by_segment.items():
            figures = figures_of(own, period, last_on, today)
            by_mrr = 12 * mrr.get((period.grain, period.start, *segment), Decimal(0))
            keys = {"segment_type": segment[0], "segment_value": segment[1]}
            totals = {"subscription_arr": by_mrr, "arr_difference": figures["arr"] - by_mrr}
            found.append({**business.period_columns(period), **keys, **figures, **totals})
    return found


def figures_of(own: list[Contract], period: oracle.Period, last_on: date, today: date) -> dict:
    in_force = [one for one in own if one.starts_on <= last_on <= one.ends_on]
    signed = [one for one in own if one.known_on <= last_on < one.starts_on]
    ending = [one for one in in_force if one.gives_way_after(last_on)]
    due = [one for one in own if period.start <= one.ends_on <= last_on]
    by_outcome: dict[str, list[Contract]] = defaultdict(list)
    for one in due:
        by_outcome[one.outcome(today)].append(one)
    renewed, lost, still_open = (by_outcome[outcome] for outcome in ("renewed", "lost", "open"))
    arr_renewed = sum((one.shares for one in renewed), Decimal(0))
    return {
        "contracts": len(in_force),
        "contracts_signed": len(signed),
        "contracts_ending": len(ending),
        "arr": worth(in_force),
        "arr_signed": worth(signed),
        "arr_ending": worth(ending),
        "carr": worth(in_force) + worth(signed) - worth(ending),
        "due": len(due),
        "renewed": len(renewed),
        "renewed_on_time": sum(one.days_late() == 0 for one in renewed),
        "renewed_late": sum(one.days_late() > 0 for one in renewed),
        "auto_renewed": sum(one.is_auto_renewed() for one in renewed),
        "decided": sum(not one.is_auto_renewed() for one in renewed),
        "lost": len(lost),
        "open": len(still_open),
        **playbooks_oracle.rate_columns("renewal_rate", len(renewed), len(renewed) + len(lost)),
        "arr_due": worth(due),
        "arr_lost": worth(lost),
        "arr_open": worth(still_open),
        "arr_renewed": arr_renewed,
        "arr_renewal_rate": oracle.ratio(arr_renewed, worth(renewed) + worth(lost)),
    }
