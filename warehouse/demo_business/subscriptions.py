"""Each customer's way through trial, billing, trouble, leaving and return, one billing cycle at a time."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from warehouse.demo_business.business import (
    CONTROL_SHARE,
    DAYS,
    END,
    LOCAL_PRICE,
    PLANS,
    PRICE_RISES,
    SEGMENTS,
    START,
    UPGRADE,
    Population,
    month_of,
    sigmoid,
)

# Leaving, in log-odds at a renewal. Engagement acts after a month and satisfaction after two: people decide, then wait.
FIT_WEIGHT, ENGAGEMENT_WEIGHT, SATISFACTION_WEIGHT = 0.35, 0.55, 0.55
TROUBLE_WEIGHT = 0.20
MISSED_ONBOARDING_WEIGHT, ONBOARDING_MATTERS_DAYS = 0.9, 150
PRICE_RISE_WEIGHT, PRICE_RISE_MATTERS_DAYS = 0.6, 75
FAILED_PAYMENT_WEIGHT, FAILED_PAYMENT_MATTERS_DAYS = 0.5, 45
YEAR_END_WEIGHT = 0.3  # budgets are reviewed in December and January
INTERVAL_WEIGHT = {1: 0.0, 3: 0.8, 12: 1.7}  # a longer cycle is decided once, but for more months

# How people leave, as shares of those who decide to.
CHANGES_MIND, LEAVES_AT_ONCE, LETS_YEAR_EXPIRE = 0.07, 0.15, 0.20
WINDS_DOWN = 0.75  # the rest uses the product until the last day
ENDED_TWICE = 0.015  # two systems both report the end
WORLD_CHANGES = 0.0022  # a month: the customer's business closes, moves, runs out of money, whatever it thinks of us
REASON_KNOWN, REASON_IN_WORDS = 0.7, 0.4

# Charges: a failed one is tried again after some days, then the system cancels, before the next one is due.
FAILURE_LOGIT, RELIABILITY_WEIGHT = -3.75, 0.85
RETRY_DAYS, GIVE_UP_DAYS, RETRY_LOGIT = (3, 7, 14), 21, -0.30
PART_REFUND, FULL_REFUND, VOID = 0.008, 0.006, 0.003

TRIAL_DAYS, TRIAL_LOGIT, TRIES_AGAIN = 14, 0.9, 0.1
UPGRADE_LOGIT, DOWNGRADE_LOGIT, YEARLY_CHANGE_WEIGHT = -3.7, -4.7, 1.6  # in a cycle
PAUSE_CHANCE = {"consumer": 0.010, "smb": 0.006, "mid_market": 0.001, "enterprise": 0.0}  # a monthly cycle
SUMMER_PAUSES = 2.5  # times as many in July and August
PAUSE_ENDS_IN_CANCEL = 0.12
SWITCH_CHANCE = 0.003  # a cycle: one subscription ends the instant another starts
QUARTERLY_SHARE = 0.06
ADD_ON_SHARE = {"consumer": 0.0, "smb": 0.08, "mid_market": 0.2, "enterprise": 0.3}
RETURNS_SOON, RETURNS_AFTER_WINBACK_DAY, RETURNS_LATE = 0.04, 0.02, 0.04
WINBACK_LIFT = 0.015  # more of those written to come back than of the control group
WINBACK_DAYS = (30, 60, 90)
NEVER_RETURNS = ("business_closed", "deceased", "fraud")

WORLD_REASONS = {"no_budget": 4, "business_closed": 4, "relocation": 2, "fraud": 1, "deceased": 0.5, "outage": 0.5}
PAYMENT_REASONS = {"payment_failure": 5, "card_expired": 4, "billing_error": 0.6}
# Why a charge was declined, by what came of it: an account fills again, a card that expired waits for its customer.
DECLINES_OF_RECOVERED = {"insufficient_funds": 10, "card_declined": 4, "do_not_honor": 2, "authentication_required": 2}
DECLINES_OF_RECOVERED |= {"expired_card": 1, "": 2}
DECLINES_OF_LOST = {"insufficient_funds": 4, "card_declined": 4, "do_not_honor": 4, "authentication_required": 1}
DECLINES_OF_LOST |= {"expired_card": 4, "": 2}
REASON_WORDS = {
    "quality": "Too many small bugs, sync lost our comments twice.",
    "missing_features": "We need time tracking and it is not there.",
    "missing_integration": "No link to our accounting tool.",
    "too_expensive": "Good tool, but too dear for what we use.",
    "competitor": "The whole team moved to another tool.",
    "not_a_fit": "It does not match the way we plan.",
    "no_longer_needed": "The project is over.",
    "poor_support": "Waited four days for an answer.",
    "poor_experience": "The new board view slows us down.",
    "failed_onboarding": "We never got it set up.",
    "unannounced_change": "The price went up without a word.",
    "business_closed": "We are closing the company.",
    "no_budget": "Budget cut for the coming year.",
}


def add_months(moment: datetime, months: int) -> datetime:
    """The same hour some months later; billing days end at the 28th, so that every month has one."""
    month = moment.month - 1 + months
    return moment.replace(year=moment.year + month // 12, month=month % 12 + 1, day=min(moment.day, 28))


def price_rose(plan: str, when: datetime) -> bool:
    """Whether the list price rose recently enough to matter."""
    return any(p == plan and 0 <= (when - date).days < PRICE_RISE_MATTERS_DAYS for p, date, _ in PRICE_RISES)


@dataclass
class Subscription:
    """One subscription while it is simulated."""

    id: str
    plan: str
    seats: int
    months: int  # in a billing interval
    discount: float
    add_on: bool = False


class Ledger:
    """What the simulation leaves behind: rows, and the days on which each customer had the product."""

    def __init__(self, customers: int):
        self.events: list[dict] = []
        self.invoices: list[dict] = []
        self.winbacks: list[tuple[int, datetime, int, bool]] = []  # customer, when, days after the loss, is control
        self.seats = np.zeros((customers, DAYS), dtype=np.int16)
        self.drive = np.ones((customers, DAYS), dtype=np.float32)  # share of use left once the decision to go is made

    @staticmethod
    def days(begin: datetime, end: datetime) -> slice:
        """The days of the simulation between two times, as positions."""
        return slice(max((begin - START).days, 0), max((end - START).days, 0))


class Life:
    """One customer. Everything may run on past the end of the simulated time; the ledger then hears nothing of it."""

    def __init__(self, population: Population, customer: int, ledger: Ledger, rng: random.Random):
        self.population, self.customer, self.ledger, self.rng = population, customer, ledger, rng
        row = population.table.iloc[customer]
        self.customer_id, self.segment_name = row.customer_id, row.customer_segment
        self.joined = row.created_at.to_pydatetime()
        self.segment = SEGMENTS[self.segment_name]
        self.currency = population.currency[customer]
        self.subscriptions = 0
        self.last_failure: datetime | None = None
        self.gone_for_good = False

    def run(self) -> None:
        """Live through the customer's whole history."""
        subscription = self.subscribe()
        begin: datetime | None = self.joined + timedelta(minutes=self.rng.randint(2, 90))
        if self.chance(self.segment.trial):
            begin = self.trial(subscription, begin)
        event = "started"
        while begin and begin < END:
            end = self.spell(subscription, begin, event)
            if event == "started" and self.chance(ADD_ON_SHARE[self.segment_name]):
                self.take_add_on(subscription, begin, end)
            begin = self.comeback(end)
            event = "reactivated"
            if begin and self.chance(0.25):
                subscription, event = self.subscribe(), "started"

    # -- dice and rows

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self.rng.random() < probability

    def pick(self, weights: dict[str, float]) -> str:
        """One of the names, by weight."""
        return self.rng.choices(list(weights), list(weights.values()))[0]

    def days(self, low: float, high: float) -> timedelta:
        """A random time span between low and high days."""
        return timedelta(seconds=round(86_400 * self.rng.uniform(low, high)))

    def state(self, path: np.ndarray, moment: datetime, months_before: int = 0) -> float:
        """The value of a monthly hidden path at a time, or some months before it."""
        return float(path[self.customer, max(month_of(moment) - months_before, 0)])

    def emit(self, subscription: Subscription, event_type: str, when: datetime, priced: bool = False, **more) -> None:
        """Adds an event; `priced` ones also say plan, seats, amount and interval."""
        if when >= END:
            return
        row = {"customer_id": self.customer_id, "subscription_id": subscription.id, "event_type": event_type}
        row |= {"event_id": f"ev{len(self.ledger.events) + 1:06d}", "occurred_at": when, **more}
        if priced:
            row |= {"plan_id": subscription.plan, "quantity": subscription.seats, "currency": self.currency}
            row |= {"amount": self.price(subscription, when)}
            row |= {"billing_interval": "year" if subscription.months == 12 else "month"}
            row |= {"billing_interval_count": 3 if subscription.months == 3 else 1}
        self.ledger.events.append(row)

    def price(self, subscription: Subscription, when: datetime) -> float:
        """Recurring charge of a billing interval in the customer's currency; a year costs ten months."""
        price = PLANS[subscription.plan][2] * LOCAL_PRICE[self.currency]
        for plan, date, factor in PRICE_RISES:
            price *= factor if plan == subscription.plan and date <= when else 1.0
        months = 10 if subscription.months == 12 else subscription.months
        return round(price * subscription.seats * months * (1 - subscription.discount), 2)

    def subscribe(self) -> Subscription:
        """Open a subscription with its first plan, price and billing interval."""
        self.subscriptions += 1
        months = 12 if self.chance(self.segment.yearly) else 3 if self.chance(QUARTERLY_SHARE) else 1
        seats = max(1, round(self.segment.seats * self.rng.lognormvariate(0, 0.55)))
        discount = 0.2 * self.rng.random() if seats > 20 else 0.0
        name = f"s{self.customer_id[1:]}-{self.subscriptions}"
        return Subscription(name, self.pick(self.segment.plans), seats, months, discount)

    # -- the course of a subscription

    def trial(self, subscription: Subscription, begin: datetime) -> datetime | None:
        """Returns when the paid subscription starts, or None."""
        end = begin + timedelta(days=TRIAL_DAYS)
        self.emit(subscription, "trial_started", begin, priced=self.chance(0.8))
        mood = 0.7 * self.population.fit[self.customer] - 1.2 * (self.population.onboarding_gap[self.customer] - 0.3)
        if self.chance(sigmoid(TRIAL_LOGIT + mood)):
            self.occupy(subscription, begin, end)
            return end
        expired = self.chance(0.6)
        end = end if expired else begin + self.days(1, TRIAL_DAYS - 1)
        self.emit(subscription, "expired" if expired else "cancelled", end)
        self.occupy(subscription, begin, end)
        return end + self.days(20, 200) if self.chance(TRIES_AGAIN) else None

    def spell(self, subscription: Subscription, begin: datetime, event: str, until: datetime = END) -> datetime:
        """Bills from `begin` until the subscription ends, and returns that end; it ends at `until` at the latest."""
        now = begin
        while now < END:
            self.emit(subscription, event, now, priced=event != "resumed")
            due = add_months(now, subscription.months)
            end = self.charge(subscription, now) or self.world(subscription, now, due)
            end = end or self.leave(subscription, now, due)
            if not end and due >= until:
                end = until
                self.emit(subscription, "cancelled", end, cancelled_by="customer")
            self.occupy(subscription, now, end or due)
            if end:
                return end
            self.change(subscription, now, due)
            now, event = self.pause(subscription, due)
            if event == "cancelled":
                return now
            if not subscription.add_on and self.chance(SWITCH_CHANCE):
                event = self.switch(subscription, now) if event == "renewed" else event
        return END

    def occupy(self, subscription: Subscription, begin: datetime, end: datetime) -> None:
        """Note that the customer has the plan of this subscription between two times."""
        if not subscription.add_on:
            self.ledger.seats[self.customer, self.ledger.days(begin, end)] = min(subscription.seats, 32_000)

    def charge(self, subscription: Subscription, issued: datetime) -> datetime | None:
        """Invoices a cycle. Returns when the system gave up on the money, or None."""
        reliability = self.state(self.population.payment, issued)
        if not self.chance(sigmoid(FAILURE_LOGIT - RELIABILITY_WEIGHT * reliability)):
            self.invoice(subscription, issued, issued + self.days(0, 0.02 + 1.4 * self.segment.terms_days), "paid")
            return None
        self.last_failure = issued
        emitted = len(self.ledger.events)
        self.emit(subscription, "payment_failed", issued + timedelta(hours=1))
        caring = RETRY_LOGIT + 0.5 * reliability + 0.3 * self.state(self.population.engagement, issued)
        for days in RETRY_DAYS:
            retried = issued + timedelta(days=days, hours=1)
            if self.chance(sigmoid(caring)):
                self.emit(subscription, "payment_recovered", retried)
                self.decline(emitted, DECLINES_OF_RECOVERED)
                self.invoice(subscription, issued, retried, "paid")
                return None
            self.emit(subscription, "payment_failed", retried)
        end = issued + timedelta(days=GIVE_UP_DAYS)
        reason = self.pick(PAYMENT_REASONS) if self.chance(REASON_KNOWN) else None
        self.emit(subscription, "cancelled", end, cancelled_by="system", reason_code=reason)
        self.decline(emitted, {"expired_card": 1} if reason == "card_expired" else DECLINES_OF_LOST)
        self.invoice(subscription, issued, end, "uncollectible")
        return end

    def decline(self, emitted: int, weights: dict[str, int]) -> None:
        """Say in the failed payments since that event why they were declined; a die of its own moves no other one."""
        die = random.Random(f"decline {emitted}")
        reason = die.choices(list(weights), list(weights.values()))[0]
        for row in self.ledger.events[emitted:]:
            if row["event_type"] == "payment_failed":
                row["reason_code"] = reason or None

    def invoice(self, subscription: Subscription, issued: datetime, settled: datetime, status: str) -> None:
        """An invoice as it stands at the end of the simulated time: what is not settled by then is open."""
        amount, refunded = self.price(subscription, issued), None
        status = "open" if settled >= END else "void" if self.chance(VOID) else status
        if status == "paid" and self.chance(FULL_REFUND):
            status, refunded = "refunded", amount
        elif status == "paid" and self.chance(PART_REFUND):
            refunded = round(amount * self.rng.uniform(0.1, 0.6), 2)
        self.ledger.invoices.append(
            {
                "invoice_id": f"in{len(self.ledger.invoices) + 1:06d}",
                "customer_id": self.customer_id,
                "subscription_id": subscription.id,
                "issued_at": issued,
                "paid_at": settled if status in ("paid", "refunded") else None,
                "status": status,
                "amount": amount,
                "refunded_amount": refunded,
                "currency": self.currency,
            }
        )

    def world(self, subscription: Subscription, now: datetime, due: datetime) -> datetime | None:
        """Ends the subscription for a reason outside the customer's judgement of the product, or returns None."""
        if not self.chance(1 - (1 - WORLD_CHANGES) ** subscription.months):
            return None
        end = now + (due - now) * self.rng.uniform(0.1, 0.9)
        end = end.replace(microsecond=0)
        reason = self.pick(WORLD_REASONS)
        self.gone_for_good = reason in NEVER_RETURNS
        by = "system" if reason == "fraud" else "customer"
        self.emit(subscription, "cancelled", end, cancelled_by=by, **self.said(reason))
        return end

    def exit_logit(self, subscription: Subscription, due: datetime) -> float:
        """Log-odds that the customer does not renew."""
        who = self.population
        young = (due - self.joined).days < ONBOARDING_MATTERS_DAYS
        failed = self.last_failure and (due - self.last_failure).days < FAILED_PAYMENT_MATTERS_DAYS
        return (
            self.segment.exit_logit
            + INTERVAL_WEIGHT[subscription.months]
            + YEAR_END_WEIGHT * (due.month in (12, 1))
            - FIT_WEIGHT * who.fit[self.customer]
            - ENGAGEMENT_WEIGHT * self.state(who.engagement, due, 1)
            - SATISFACTION_WEIGHT * self.state(who.satisfaction, due, 2)
            + TROUBLE_WEIGHT * self.state(who.trouble, due, 1)
            + MISSED_ONBOARDING_WEIGHT * young * who.onboarding_gap[self.customer]
            + PRICE_RISE_WEIGHT * price_rose(subscription.plan, due)
            + FAILED_PAYMENT_WEIGHT * bool(failed)
        )

    def leave(self, subscription: Subscription, now: datetime, due: datetime) -> datetime | None:
        """The customer's own decision, taken in this cycle. Returns the end, or None."""
        if not self.chance(sigmoid(self.exit_logit(subscription, due))):
            return None
        asked = max(now + timedelta(hours=3), due - self.days(1, 25 if subscription.months == 1 else 60))
        said = self.said(self.judgement(subscription, asked))
        if self.chance(CHANGES_MIND):
            self.emit(subscription, "cancel_requested", asked, cancelled_by="customer", **said)
            return None
        if subscription.months == 12 and self.chance(LETS_YEAR_EXPIRE):
            self.emit(subscription, "expired", due)
        elif self.chance(LEAVES_AT_ONCE):
            due = asked
            self.emit(subscription, "cancelled", asked, cancelled_by="customer", **said)
        else:
            early = self.chance(0.5)  # whether the reason is asked for with the request or at the end
            self.emit(subscription, "cancel_requested", asked, cancelled_by="customer", **(said if early else {}))
            self.emit(subscription, "cancelled", due, cancelled_by="customer", **({} if early else said))
        if self.chance(ENDED_TWICE):
            self.emit(subscription, "cancelled", due + timedelta(hours=1), cancelled_by="system")
        if not subscription.add_on and self.chance(WINDS_DOWN):
            decided = asked - self.days(5, 45)
            self.ledger.drive[self.customer, self.ledger.days(decided, due)] = self.rng.uniform(0.15, 0.85)
        return due

    def judgement(self, subscription: Subscription, when: datetime) -> str:
        """Why a customer leaves, from what it lived through lately."""
        trouble = self.state(self.population.trouble, when)
        raised = price_rose(subscription.plan, when)
        unfit = float(np.exp(-self.population.fit[self.customer]))
        young = (when - self.joined).days < ONBOARDING_MATTERS_DAYS
        weights = {"quality": 0.5 + trouble, "missing_features": 1.0, "missing_integration": 0.6, "competitor": 1.0}
        weights |= {"too_expensive": 1.2 + 1.5 * raised, "unannounced_change": 0.1 + 1.2 * raised}
        weights |= {"not_a_fit": 0.5 * unfit, "no_longer_needed": 1.3, "poor_experience": 0.4 + 0.3 * trouble}
        weights |= {"failed_onboarding": 2 * young * self.population.onboarding_gap[self.customer]}
        return self.pick(weights | {"poor_support": 0.2 + 0.6 * trouble})

    def said(self, reason: str) -> dict[str, str]:
        """What of the reason reaches the company."""
        told = {"reason_code": reason} if self.chance(REASON_KNOWN) else {}
        if reason in REASON_WORDS and self.chance(REASON_IN_WORDS):
            told["reason_text"] = REASON_WORDS[reason]
        return told

    def change(self, subscription: Subscription, now: datetime, due: datetime) -> None:
        """Within a cycle: the list price rises for those who pay monthly, or else seats or plan may change."""
        for plan, date, _ in PRICE_RISES:
            if plan == subscription.plan and now < date < due and subscription.months == 1:
                self.emit(subscription, "changed", date, priced=True)
                return
        mood = self.state(self.population.engagement, now)
        longer = YEARLY_CHANGE_WEIGHT * (subscription.months == 12)
        when = (now + (due - now) * self.rng.uniform(0.05, 0.95)).replace(microsecond=0)
        if self.chance(sigmoid(UPGRADE_LOGIT + longer + 0.6 * mood)):
            if self.chance(0.25) and subscription.plan in UPGRADE:
                subscription.plan = UPGRADE[subscription.plan]
            else:
                subscription.seats += max(1, round(subscription.seats * self.rng.uniform(0.1, 0.5)))
            self.emit(subscription, "changed", when, priced=True)
        elif self.chance(sigmoid(DOWNGRADE_LOGIT + longer - 0.6 * mood)):
            cheaper = next((low for low, high in UPGRADE.items() if high == subscription.plan), None)
            if subscription.seats > 1 and not (cheaper and self.chance(0.3)):
                subscription.seats = max(1, round(subscription.seats * self.rng.uniform(0.5, 0.85)))
            else:
                subscription.plan = cheaper or subscription.plan
            self.emit(subscription, "changed", when, priced=True)

    def pause(self, subscription: Subscription, due: datetime) -> tuple[datetime, str]:
        """Returns when the next cycle begins and by which event."""
        summer = SUMMER_PAUSES if due.month in (7, 8) else 1.0
        if subscription.months > 1 or not self.chance(summer * PAUSE_CHANCE[self.segment_name]):
            return due, "renewed"
        self.emit(subscription, "paused", due)
        back = due + self.days(20, 95)
        if self.chance(PAUSE_ENDS_IN_CANCEL):
            self.emit(subscription, "cancelled", back, cancelled_by="customer", **self.said("no_longer_needed"))
            return back, "cancelled"
        return back, "resumed"

    def switch(self, subscription: Subscription, when: datetime) -> str:
        """Another contract from the same instant: the old subscription ends and a new one starts."""
        self.emit(subscription, "cancelled", when, cancelled_by="customer")
        fresh = self.subscribe()
        subscription.id, subscription.plan, subscription.months = fresh.id, fresh.plan, fresh.months
        return "started"

    def take_add_on(self, main: Subscription, begin: datetime, end: datetime) -> None:
        """A second subscription beside the first, from some time later to its end at the latest."""
        add_on = self.subscribe()
        add_on.plan, add_on.seats, add_on.months, add_on.add_on = "insights", main.seats, 1, True
        taken = begin + self.days(40, 300)
        if taken < end:
            self.spell(add_on, taken, "started", until=end)

    def comeback(self, end: datetime) -> datetime | None:
        """When a lost customer returns, or None. Those written to come back a little more often than the control."""
        if self.gone_for_good or end >= END:
            return None
        liking = float(np.exp(0.35 * self.population.fit[self.customer]))
        if self.chance(RETURNS_SOON * liking):
            return end + self.days(3, 29)
        control = self.chance(CONTROL_SHARE)
        for days in WINBACK_DAYS:
            written = end + timedelta(days=days, hours=2)
            self.ledger.winbacks.append((self.customer, written, days, control))
            if self.chance((RETURNS_AFTER_WINBACK_DAY + WINBACK_LIFT * (not control)) * liking):
                return written + self.days(1, 29)
        return end + self.days(125, 300) if self.chance(RETURNS_LATE * liking) else None


def simulate(population: Population, seed: int) -> Ledger:
    """Simulate every customer; the ledger holds all events and invoices."""
    ledger = Ledger(len(population))
    rng = random.Random(f"subscriptions {seed}")
    for customer in range(len(population)):
        Life(population, customer, ledger, rng).run()
    return ledger


def subscription_tables(ledger: Ledger) -> dict[str, pd.DataFrame]:
    """Events and invoices with every column of the contract but `loaded_at`."""
    columns = "event_id customer_id subscription_id event_type occurred_at plan_id amount currency billing_interval"
    columns += " billing_interval_count quantity reason_code reason_text cancelled_by"
    events = pd.DataFrame(ledger.events, columns=columns.split())
    bill = "invoice_id customer_id subscription_id issued_at paid_at status amount refunded_amount currency"
    invoices = pd.DataFrame(ledger.invoices, columns=bill.split())
    whole = {"billing_interval_count": "Int64", "quantity": "Int64"}
    return {"subscription_events": events.astype(whole), "invoices": invoices}
