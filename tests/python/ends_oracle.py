"""A plain-Python reading of how subscriptions end, to compare the warehouse with.

Customers come from the oracle, which replays their events one at a time. A subscription is then followed from one
moment of its customer to the next, and every other one of the customer is asked whether it took its place. As customers
of their own, subscriptions are counted by the oracle too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import oracle

REPLACEMENT_DAYS = 3


def steps(
    history: list[oracle.Moment], key: str
) -> list[tuple[oracle.Moment, oracle.Subscription, oracle.Subscription]]:
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


def names(customer: oracle.Customer) -> set[str]:
    """The subscriptions that a customer ever had."""
    return {name for moment in customer.history for name in moment.subscriptions}


def product(subscription: oracle.Subscription, products: dict[str, str]) -> str | None:
    """The product of a subscription: what its events gave, else that of its plan; `products` is the product by plan."""
    return subscription.product_id or products.get(subscription.plan_id)


def ends(
    customer: oracle.Customer, products: dict[str, str], reasons: dict[str, dict], settings: oracle.Settings
) -> Iterator[tuple[date, dict]]:
    """Each end of a subscription of a customer: pairs (local date, row of fct_subscription_ends)."""
    for key in names(customer):
        active_since = None
        for moment, before, after in steps(customer.history, key):
            if after.is_active() and not before.is_active():
                active_since = moment.at
            if not before.is_active() or after.is_active():
                continue
            shown_at = oracle.midnight(moment.at.date()) if settings.times_are_dates else moment.at
            other, replaced_at = replacement(customer.history, key, moment.at, shown_at)
            row = {
                "subscription_id": key,
                "ended_at": shown_at,
                "customer_id": customer.customer_id,
                "plan_id": before.plan_id,
                "product_id": product(before, products),
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
            yield moment.local_date, row


def alone(customer: oracle.Customer, ended: list[tuple[date, dict]]) -> list[oracle.Customer]:
    """Each subscription of a customer as if it were a customer of its own, with its ends as losses."""
    return [
        oracle.Customer(
            key,
            customer.attributes,
            [
                oracle.Moment(
                    at=moment.at,
                    local_date=moment.local_date,
                    subscriptions={key: after},
                    is_active=after.is_active(),
                    mrr=after.current_mrr(),
                    plan=after.plan_id or oracle.NO_VALUE,
                )
                for moment, _, after in steps(customer.history, key)
                if key in moment.subscriptions
            ],
            [(day, row) for day, row in ended if row["subscription_id"] == key],
        )
        for key in names(customer)
    ]


def renamed(row: dict) -> dict:
    """A row that counts customers as one that counts subscriptions."""
    return {column.replace("customers_", "subscriptions_"): value for column, value in row.items()}


def with_losses(subscriptions: list[oracle.Customer], name: Callable[[dict], str]) -> list[oracle.Customer]:
    """The subscriptions, each loss of the type that name(loss) says."""
    return [
        replace(one, churns=[(day, {**row, "churn_type": name(row)}) for day, row in one.churns])
        for one in subscriptions
    ]


def period_of(row: dict) -> oracle.Period:
    return oracle.Period(row["period_grain"], row["period_start"], row["period_end"])


def churn_rates(subscriptions: list[oracle.Customer], as_of: datetime, settings: oracle.Settings) -> list[dict]:
    """The rows of rpt_subscription_churn_rates."""
    by_fate = with_losses(subscriptions, lambda row: "replaced" if row["is_replaced"] else "unreplaced")
    small = oracle.small_segments(subscriptions, settings)
    tallies: dict[oracle.Period, dict] = {}
    rows = []
    for row in oracle.build_reports(subscriptions, as_of, settings)["rpt_churn_rates"]:
        period = period_of(row)
        if period not in tallies:
            tallies[period] = oracle.tally_period(by_fate, period, small)
        tally = tallies[period][row["segment_type"], row["segment_value"]]
        more = {
            "subscriptions_churned_replaced": tally["customers_churned_replaced"],
            "unreplaced_churn_rate": oracle.ratio(tally["customers_churned_unreplaced"], row["customers_start"]),
            "replaced_share": oracle.ratio(tally["customers_churned_replaced"], row["customers_churned"]),
        }
        rows.append(renamed(row) | more)
    return rows


def churn_reasons(subscriptions: list[oracle.Customer], as_of: datetime, settings: oracle.Settings) -> list[dict]:
    """The rows of rpt_subscription_churn_reasons."""
    small = oracle.small_segments(subscriptions, settings)
    rows: dict[tuple, dict] = {}
    for period in {period_of(row) for row in oracle.build_reports(subscriptions, as_of, settings)["rpt_churn_rates"]}:
        for one in subscriptions:
            start = oracle.state_before(one.history, period.start)
            if not start.is_active or oracle.state_before(one.history, period.end).is_active:
                continue
            last = [row for day, row in one.churns if period.start <= day < period.end][-1]
            why = (
                last["churn_type"],
                last["reason_category"] or oracle.NO_VALUE,
                last["reason_code"] or oracle.NO_VALUE,
            )
            for kind in oracle.SEGMENT_TYPES:
                segment = oracle.shown_as((kind, oracle.segment_value(one, start, kind)), period.grain, small)
                row = rows.setdefault((period, segment, why), Counter())
                row["subscriptions_churned"] += 1
                row["subscriptions_churned_replaced"] += last["is_replaced"]
                row["mrr_lost"] += last["mrr_lost"]
    return [
        {
            "period_grain": period.grain,
            "period_start": period.start,
            "period_end": period.end,
            "segment_type": segment[0],
            "segment_value": segment[1],
            **dict(zip(("churn_type", "reason_category", "reason_code"), why, strict=True)),
            **row,
        }
        for (period, segment, why), row in rows.items()
    ]


def held(customer: oracle.Customer, boundary: date, products: dict[str, str]) -> set[str]:
    """The products that a customer had an active subscription of before a date."""
    active = [one for one in oracle.state_before(customer.history, boundary).subscriptions.values() if one.is_active()]
    return {product(one, products) or oracle.NO_VALUE for one in active}


def holders(customers: list[oracle.Customer], row: dict, products: dict[str, str]) -> dict:
    """The columns of customers of a row of rpt_product_movements."""
    counts = Counter(
        tuple(row["product_id"] in held(customer, row[end], products) for end in ("period_start", "period_end"))
        for customer in customers
    )
    start, lost = counts[True, True] + counts[True, False], counts[True, False]
    lower, upper = oracle.wilson(lost, start)
    return {
        "customers_start": start,
        "customers_gained": counts[False, True],
        "customers_lost": lost,
        "customers_end": counts[True, True] + counts[False, True],
        "product_churn_rate": oracle.ratio(lost, start),
        "product_churn_rate_lower": lower,
        "product_churn_rate_upper": upper,
    }


def product_movements(
    customers: list[oracle.Customer],
    subscriptions: list[oracle.Customer],
    products: dict[str, str],
    as_of: datetime,
    settings: oracle.Settings,
) -> list[dict]:
    """The rows of rpt_product_movements: those of plans, where a plan is the product."""
    of_products = [
        replace(
            one,
            history=[
                replace(moment, plan=product(sub, products) or oracle.NO_VALUE)
                for moment in one.history
                for sub in moment.subscriptions.values()
            ],
        )
        for one in subscriptions
    ]
    reports = oracle.build_reports(of_products, as_of, settings)
    found = []
    for counts, money in zip(reports["rpt_churn_rates"], reports["rpt_mrr_movements"], strict=True):
        if counts["segment_type"] != "plan" or counts["period_grain"] in ("day", "week"):
            continue
        period = period_of(counts)
        row = {
            **{
                column: counts[column]
                for column in ("period_grain", "period_start", "period_end", "is_complete_period")
            },
            "product_id": counts["segment_value"],
            **{
                "subscriptions_" + name: counts["customers_" + name]
                for name in ("start", "new", "reactivated", "churned", "end")
            },
            "subscriptions_switched_in": counts["customers_moved_in"],
            "subscriptions_switched_out": counts["customers_moved_out"],
            **{
                "mrr_" + name: money["mrr_" + name]
                for name in ("start", "new", "reactivation", "expansion", "contraction", "churn", "end")
            },
            "mrr_switch_in": Decimal(0),
            "mrr_switch_out": Decimal(0),
            **{column: counts[column] for column in ("churn_rate", "churn_rate_lower", "churn_rate_upper")},
        }
        for one in of_products:
            before, after = (oracle.state_before(one.history, day) for day in (period.start, period.end))
            if before.is_active and after.is_active and before.plan != after.plan:
                row["mrr_switch_out"] -= before.mrr * (before.plan == row["product_id"])
                row["mrr_switch_in"] += before.mrr * (after.plan == row["product_id"])
        found.append(row | holders(customers, row, products))
    return found
