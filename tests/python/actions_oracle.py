"""A plain-Python reading of triggers and tasks: what held for a customer, asked anew for each moment.

Each condition is a question about one moment, answered by the rows until then. A customer is asked at each midnight and
at every instant at which an answer could change; the times in which a condition held are read off the answers.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
UTC = ZoneInfo("UTC")
SILENT_MONTHS, ONBOARDING_DAYS, REGULAR_DAYS = 6, 90, 4
# code: condition, threshold, within days, cool-down days
PLAYBOOK = {
    "no_login_10_days": ("days_without_use", 10, None, 7),
    "inactive_14_days": ("days_without_use", 14, None, 7),
    "onboarding_missed": ("milestone_past_due", 0, 90, 7),
    "low_nps": ("nps_below", 7, 365, 30),
    "repeated_tickets": ("tickets_in_days", 2, 10, 14),
    "ticket_burst": ("tickets_in_days", 3, 7, 14),
    "ticket_open_5_days": ("ticket_open", 5, None, 1),
    "payment_failed": ("payment_past_due", 0, None, 7),
    "silent_churn": ("nothing_new", None, None, 30),
    "inactive_cancelled": ("unused_before_loss", 45, 90, 0),
    "winback_30": ("days_since_loss", 30, 30, 0),
    "winback_60": ("days_since_loss", 60, 30, 0),
    "winback_90": ("days_since_loss", 90, 30, 0),
    "usage_declining": ("use_declining", 2, None, 40),
    "orders_falling": ("orders_falling", 2, None, 14),
    "no_contact": ("contact_overdue", None, None, 1),
    "renewal_due": ("term_ending", 30, None, 0),
}
LOST = {"unused_before_loss", "days_since_loss"}
# from which day as a customer how often, by whether it was one before
CADENCES = {True: ((0, 7), (90, 14), (365, 91)), False: ((0, 7), (90, 14), (365, 91))}

Rows = list[dict[str, Any]]
Spell = tuple[datetime, datetime | None]


@dataclass(frozen=True)
class Known:
    """What is known of anybody: the first day of use and of a feature taken up, the first contact, months with use."""

    use_since: date | None
    features_since: date | None
    contacts_since: datetime | None
    months_with_use: frozenset[date]
    zone: str


@dataclass(frozen=True)
class Customer:
    """All rows of one customer, by table, with typed values."""

    events: Rows
    usage: Rows
    tickets: Rows
    answers: Rows
    milestones: Rows
    contacts: Rows
    orders: Rows
    known: Known

    def day(self, at: datetime) -> date:
        return at.replace(tzinfo=UTC).astimezone(ZoneInfo(self.known.zone)).date()

    @cached_property
    def spells(self) -> list[Spell]:
        found: list[Spell] = []
        for event in self.events:
            if event["event_type"] in ("started", "reactivated") and (not found or found[-1][1]):
                found.append((event["occurred_at"], None))
            if event["event_type"] == "cancelled" and found and not found[-1][1]:
                found[-1] = (found[-1][0], event["occurred_at"])
        return found

    def spell_at(self, at: datetime) -> Spell | None:
        return next((spell for spell in self.spells if spell[0] <= at and (not spell[1] or at < spell[1])), None)

    def loss_at(self, at: datetime) -> Spell | None:
        """The spell after which the customer is lost at that moment."""
        ended = [spell for spell in self.spells if spell[1] and spell[1] <= at]
        return ended[-1] if ended and not self.spell_at(at) else None

    def lost_before(self, spell: Spell) -> datetime:
        return max((end for _, end in self.spells if end and end <= spell[0]), default=datetime.min)

    @cached_property
    def days_of_use(self) -> list[date]:
        return sorted({row["used_on"] for row in self.usage if row["usage_count"] > 0})

    def mrr_steps(self) -> Iterator[tuple[datetime, float]]:
        """When MRR became another one, or the customer one, with the MRR since."""
        amount = now = 0.0
        is_active = False
        for event in self.events:
            amount = event["amount"] if event["amount"] is not None else amount
            was, was_active = now, is_active
            is_active = event["event_type"] != "cancelled" and (
                is_active or event["event_type"] in ("started", "reactivated", "renewed")
            )
            now = amount if is_active else 0.0
            if now != was or (is_active and not was_active):
                yield event["occurred_at"], now

    def unused_since(self, spell: Spell, today: date) -> date | None:
        if self.known.use_since is None or self.known.use_since > today:
            return None
        used = [day for day in self.days_of_use if day <= today]
        return max([self.known.use_since, self.day(spell[0]), *used[-1:]])


def months_later(day: date, months: int) -> date:
    """The same day of another month, or its last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def days_without_use(customer: Customer, spell: Spell, at: datetime, threshold: int, _: object) -> bool:
    since = customer.unused_since(spell, customer.day(at))
    return since is not None and (customer.day(at) - since).days >= threshold


def unused_before_loss(customer: Customer, spell: Spell, at: datetime, threshold: int, within: int) -> bool:
    since = customer.unused_since(spell, customer.day(spell[1]))
    return since is not None and (customer.day(spell[1]) - since).days >= threshold and at < spell[1] + within * DAY


def days_since_loss(customer: Customer, spell: Spell, at: datetime, threshold: int, within: int) -> bool:
    return threshold * DAY <= at - spell[1] < (threshold + within) * DAY


def milestone_past_due(customer: Customer, spell: Spell, at: datetime, threshold: int, within: int) -> bool:
    return any(
        due is not None
        and customer.lost_before(spell) <= due + threshold * DAY <= at < due + (threshold + within) * DAY
        and (reached is None or reached > at)
        for due, reached in ((row["due_at"], row["reached_at"]) for row in customer.milestones)
    )


def nps_below(customer: Customer, spell: Spell, at: datetime, threshold: int, within: int) -> bool:
    given = [(row["responded_at"], row["response_id"], row["score"]) for row in customer.answers]
    given = sorted(answer for answer in given if answer[0] and answer[0] <= at)
    return bool(given) and (
        given[-1][2] < threshold and at < given[-1][0] + within * DAY and given[-1][0] >= customer.lost_before(spell)
    )


def tickets_in_days(customer: Customer, spell: Spell, at: datetime, threshold: int, within: int) -> bool:
    opened = [row["opened_at"] for row in customer.tickets]
    return any(
        sum(last - within * DAY <= other <= last for other in opened) >= threshold
        for last in opened
        if last <= at < last + within * DAY and last >= customer.lost_before(spell)
    )


def ticket_open(customer: Customer, spell: Spell, at: datetime, threshold: int, _: object) -> bool:
    def is_old(since: datetime) -> bool:
        return customer.lost_before(spell) <= since + threshold * DAY <= at

    return any(
        is_old(row["opened_at"])
        if not row["closed_at"] or row["closed_at"] > at
        else bool(row["reopened_at"] and row["closed_at"] <= row["reopened_at"] and is_old(row["reopened_at"]))
        for row in customer.tickets
    )


def payment_past_due(customer: Customer, spell: Spell, at: datetime, threshold: int, _: object) -> bool:
    failed_at = None
    for event in customer.events:
        if event["occurred_at"] > at:
            break
        if event["event_type"] != "payment_failed":
            failed_at = None if event["event_type"] != "changed" else failed_at
        elif any(
            begin <= event["occurred_at"] and (not end or event["occurred_at"] < end) for begin, end in customer.spells
        ):
            failed_at = failed_at or event["occurred_at"]
    return failed_at is not None and failed_at + threshold * DAY <= at


def nothing_new(customer: Customer, spell: Spell, at: datetime, *_: object) -> bool:
    today, features = customer.day(at), customer.known.features_since
    if features is None or features > today:
        return False
    steps = [step for step in customer.mrr_steps() if step[0] <= at]
    first: dict[str, date] = {}
    for row in sorted(customer.usage, key=lambda row: row["used_on"]):
        if row["usage_count"] > 0 and row["feature"]:
            first.setdefault(row["feature"], row["used_on"])
    since = max(
        [features, *(customer.day(step) for step, _ in steps), *(day for day in first.values() if day <= today)]
    )
    return bool(steps) and steps[-1][1] > 0 and since < months_later(today, -SILENT_MONTHS)


def use_declining(customer: Customer, spell: Spell, at: datetime, threshold: int, _: object) -> bool:
    def level(month: date) -> int:
        days = sum(day.replace(day=1) == month for day in customer.days_of_use)
        return 0 if not days else 3 if days >= 15 else 2 if days >= 4 else 1

    this = customer.day(at).replace(day=1)
    last, before, first = (level(months_later(this, -ago)) for ago in (1, 2, 3))
    return (
        first >= before >= last
        and first - last >= threshold
        and months_later(this, -1) in customer.known.months_with_use
        and midnight(this, customer.known.zone) >= customer.lost_before(spell)
    )


def orders_falling(customer: Customer, spell: Spell, at: datetime, threshold: int, _: object) -> bool:
    amounts: dict[date, float] = {}
    for row in customer.orders:
        if row["ordered_at"] <= at:
            day = customer.day(row["ordered_at"])
            amounts[day] = amounts.get(day, 0) + row["amount"]
    days = sorted(amounts)
    if len(days) < REGULAR_DAYS:
        return False
    too_long = days[-1] + math.ceil((days[-1] - days[0]).days * threshold / (len(days) - 1)) * DAY
    small = [amounts[day] for day in days[:-2]]
    is_small = len(days) >= REGULAR_DAYS + 2 and all(
        amounts[day] <= sum(small) / len(small) / threshold for day in days[-2:]
    )
    begins = [too_long] * (too_long <= customer.day(at))
    begins += [days[-1] + DAY] * (is_small and days[-1] < customer.day(at))
    return any(midnight(day, customer.known.zone) >= customer.lost_before(spell) for day in begins)


def contact_overdue(customer: Customer, spell: Spell, at: datetime, *_: object) -> bool:
    since_at, today = customer.known.contacts_since, customer.day(at)
    if since_at is None or (spell[1] and since_at >= spell[1]):
        return False
    contacted = [row["contacted_at"] for row in customer.contacts if not row["is_control"]]
    contacted = [time for time in contacted if spell[0] <= time and (not spell[1] or time < spell[1])]
    since = max(map(customer.day, [max(spell[0], since_at), *(time for time in contacted if time <= at)]))
    tenure = (today - customer.day(spell[0])).days
    cadence = [days for first, days in CADENCES[spell is customer.spells[0]] if first <= tenure][-1]
    return (today - since).days > cadence


def term_ending(customer: Customer, spell: Spell, at: datetime, threshold: int, _: object) -> bool:
    turns = [
        event for event in customer.events if event["event_type"] in ("started", "reactivated", "renewed", "cancelled")
    ]
    turns = [event for event in turns if event["occurred_at"] <= at]
    if not turns or turns[-1]["event_type"] == "cancelled":
        return False
    given = [event for event in customer.events if event["occurred_at"] <= turns[-1]["occurred_at"]]
    interval = [event["billing_interval"] for event in given if event["amount"] is not None][-1:]
    if interval != ["quarter"]:
        return False
    began_on, quarters = customer.day(turns[-1]["occurred_at"]), 1
    while months_later(began_on, 3 * quarters) < customer.day(at):  # it went on without a renewal
        quarters += 1
    ends_on = months_later(began_on, 3 * quarters)
    return ends_on - threshold * DAY <= customer.day(at)


CONDITIONS: dict[str, Callable[..., bool]] = {
    name: globals()[name] for name in {condition for condition, *_ in PLAYBOOK.values()}
}


def midnight(day: date, zone: str) -> datetime:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return local.astimezone(UTC).replace(tzinfo=None)


def moments(customer: Customer, as_of: datetime) -> list[datetime]:
    """When an answer may change."""
    tables = (
        customer.events,
        customer.tickets,
        customer.answers,
        customer.milestones,
        customer.contacts,
        customer.orders,
    )
    times = {value for table in tables for row in table for value in row.values() if isinstance(value, datetime)}
    waits = {0, *(wait for _, threshold, within, _ in PLAYBOOK.values() for wait in (threshold, within) if wait)}
    waits |= {threshold + within for _, threshold, within, _ in PLAYBOOK.values() if threshold is not None and within}
    first = customer.spells[0][0]
    days = range((as_of - first).days + 3)
    found = {time + wait * DAY for time in times for wait in waits}
    found |= {midnight(customer.day(first) + count * DAY, customer.known.zone) for count in days}
    return sorted(time for time in found if first <= time <= as_of)


def held(customer: Customer, code: str, at: datetime) -> Spell | None:
    """The time as a customer, or the loss, in which the trigger holds at that moment; None = it does not hold."""
    condition, threshold, within, _ = PLAYBOOK[code]
    spell = customer.loss_at(at) if condition in LOST else customer.spell_at(at)
    return spell if spell and CONDITIONS[condition](customer, spell, at, threshold, within) else None


def tasks(customer: Customer, as_of: datetime) -> Iterator[tuple[str, datetime, datetime | None, str | None]]:
    """Trigger, beginning, end and what ended it, of each task of a customer."""
    times = moments(customer, as_of) if customer.spells else []
    for code, (condition, _, _, cooldown) in PLAYBOOK.items():
        found: list[list] = []  # spell, beginning, end
        was: Spell | None = None
        for at in times:
            now = held(customer, code, at)
            if was and now is not was:
                found[-1][2] = at
            if now and now is not was:
                last = found[-1] if found else None
                if last and last[0] is now and at < last[2] + cooldown * DAY:
                    last[2] = None
                else:
                    found.append([now, at, None])
            was = now
        for spell, begin, end in found:
            returned = min((start for start, _ in customer.spells if spell[1] and start >= spell[1]), default=None)
            by = {condition in LOST: "return"}.get(True, "loss")
            is_over = end is not None and end == (returned if condition in LOST else spell[1])
            yield code, begin, end, None if end is None else by if is_over else "condition"
