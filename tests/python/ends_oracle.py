"""A plain-Python reading of how subscriptions end, to compare the warehouse with.

Customers come from the oracle, which replays their events one at a time. A subscription is then followed from one moment
of its customer to the next, and every other one of the customer is asked whether it took the place of one that ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import oracle

REPLACEMENT_DAYS = 3


def steps(history: list[oracle.Moment], key: str) -> list[tuple[oracle.Moment, oracle.Subscription, oracle.Subscription]]:
    """A subscription before and after each moment of its customer."""
    nothing = oracle.Subscription()
    return [
        (moment, previous.subscriptions.get(key, nothing), moment.subscriptions.get(key, nothing))
        for previous, moment in oracle.with_previous(history)
    ]


def growths(history: list[oracle.Moment], key: str) -> list[datetime]:
    """When a subscription began to count, or paid more than before."""
    return [
        moment.at
        for moment, before, after in steps(history, key)
        if after.is_active()
        and (not before.is_active() or (before.state == oracle.LIVE and after.current_mrr() > before.current_mrr()))
    ]


def goes_on(history: list[oracle.Moment], key: str, since: datetime, until: datetime) -> bool:
    """Whether a subscription was active at every moment between two."""
    return all(moment.subscriptions[key].is_active() for moment in history if since <= moment.at <= until)


def replacement(history: list[oracle.Moment], key: str, ended_at: datetime, shown_at: datetime) -> tuple:
    """The subscription that took the place of one that ended, and when; nulls where none did."""
    days = timedelta(days=REPLACEMENT_DAYS)
    found = [
        (abs(grew_at - shown_at), grew_at, other)
        for other in {name for moment in history for name in moment.subscriptions} - {key}
        for grew_at in growths(history, other)
        if shown_at - days <= grew_at <= shown_at + days and goes_on(history, other, grew_at, ended_at)
    ]
    return min(found)[:0:-1] if found else (None, None)


def ends(customer: oracle.Customer, reasons: dict[str, dict], settings: oracle.Settings) -> Iterator[dict]:
    """The rows of fct_subscription_ends of a customer; no plan is known to be one of a product."""
    for key in {name for moment in customer.history for name in moment.subscriptions}:
        active_since = None
        for moment, before, after in steps(customer.history, key):
            if after.is_active() and not before.is_active():
                active_since = moment.at
            if not before.is_active() or after.is_active():
                continue
            shown_at = oracle.midnight(moment.at.date()) if settings.times_are_dates else moment.at
            other, replaced_at = replacement(customer.history, key, moment.at, shown_at)
            yield {
                "subscription_id": key,
                "ended_at": shown_at,
                "customer_id": customer.customer_id,
                "plan_id": before.plan_id,
                "product_id": None,
                **oracle.classify(after.ending, moment.at, reasons, settings.dunning_window_days),
                "has_open_cancel_request": after.ending.was_requested,
                "cancel_requested_at": after.ending.requested_at,
                "mrr_lost": before.current_mrr(),
                "tenure_days": (moment.at - active_since) // timedelta(days=1),
                "is_replaced": other is not None,
                "replaced_by_subscription_id": other,
                "replaced_at": replaced_at,
                "is_customer_lost": not moment.is_active,
            }
