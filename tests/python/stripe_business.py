"""A business on Stripe of which every event is known: 32 customers of 2024, each with a situation of its own, and its
tables as the three ways in have them. What should come of it (EVENTS) was written by hand, and not by any SQL.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

AS_OF = "2024-12-15"
PRODUCTS = {"basic": "Basic", "pro": "Pro", "seat": "Seats", "meter": "Calls", "tax": "Books"}
# price: product, minor units, currency, interval, count
PRICES = {
    "p_basic": ("basic", 4900, "usd", "month", 1),
    "p_pro": ("pro", 9900, "usd", "month", 1),
    "p_year": ("pro", 99000, "usd", "year", 1),
    "p_quarter": ("pro", 27000, "usd", "month", 3),
    "p_week": ("basic", 1200, "usd", "week", 1),
    "p_seat": ("seat", 1000, "usd", "month", 1),
    "p_free": ("basic", 0, "usd", "month", 1),
    "p_jpy": ("basic", 5000, "jpy", "month", 1),
    "p_kwd": ("basic", 15500, "kwd", "month", 1),
    "p_eur": ("basic", 4500, "eur", "month", 1),
    "p_meter": ("meter", None, "usd", "month", 1),
    "p_tax": ("tax", 11900, "eur", "month", 1),
}
METERED, WITH_TAX = {"p_meter"}, {"p_tax"}
# coupon: percent off, amount off, currency, duration
COUPONS = {
    "fifth": (20, None, None, "forever"),
    "ten": (None, 1000, "usd", "repeating"),
    "half_once": (50, None, None, "once"),
    "tenth": (10, None, None, "forever"),
}


@dataclass(frozen=True)
class Item:
    """An item as it stands, and its invoice lines: day, price, quantity, and the amount of a proration."""

    id: str
    price: str = "p_basic"
    quantity: int = 1
    created: str = ""
    lines: Sequence[tuple] = ()
    is_gone: bool = False


@dataclass(frozen=True)
class Subscription:
    """A subscription as it stands, the versions that were loaded before (day, status, what was otherwise), and its
    ledger (day, type, item, change of MRR, change of quantity)."""

    id: str
    customer: str
    created: str
    items: Sequence[Item]
    ledger: Sequence[tuple]
    status: str = "active"
    before: Sequence[tuple] = ()
    loaded: str = ""
    says: Mapping[str, object] = field(default_factory=dict)
    discounts: Sequence[tuple] = ()  # coupon, from, until
    failures: Sequence[tuple] = ()  # day, paid on, failure code, reason of the outcome
    livemode: bool = True


def plain(nth: int, **says: object) -> Subscription:
    """One basic item from the 5th of January on."""
    said = {"ledger": [("01-05", "START", f"i{nth:02}", 4900, 1)], "items": [Item(f"i{nth:02}")], **says}
    return Subscription(f"s{nth:02}", f"c{nth:02}", said.pop("created", "01-05"), **said)


SUBSCRIPTIONS = [
    plain(1),
    plain(
        2,
        ledger=[("01-05", "START", "i02", 4900, 1), ("03-10", "END", "i02", -4900, -1)],
        status="canceled",
        before=[("01-05", "active")],
        loaded="03-10",
        says={
            "canceled_at": "03-10", "ended_at": "03-10", "feedback": "too_expensive",
            "reason": "cancellation_requested", "comment": "Too dear",
        },
    ),
    plain(
        3,
        ledger=[("01-05", "START", "i03", 4900, 1), ("04-05", "END", "i03", -4900, -1)],
        status="canceled",
        before=[
            ("01-05", "active"),
            ("03-20", "active", {"cancel_at_period_end": True, "canceled_at": "03-20"}),
        ],
        loaded="04-05",
        says={
            "cancel_at_period_end": True, "canceled_at": "03-20", "ended_at": "04-05",
            "feedback": "switched_service", "reason": "cancellation_requested",
        },
    ),
    plain(
        4,
        created="01-10",
        ledger=[("01-24", "START", "i04", 4900, 1)],
        before=[("01-10", "trialing")],
        loaded="01-24",
        says={"trial_start": "01-10", "trial_end": "01-24"},
    ),
    plain(
        5,
        created="02-01",
        ledger=[],
        status="canceled",
        before=[("02-01", "trialing")],
        loaded="02-10",
        says={
            "trial_start": "02-01", "trial_end": "02-15", "canceled_at": "02-10", "ended_at": "02-10",
            "reason": "cancellation_requested",
        },
    ),
    plain(
        6,
        items=[Item("i06", "p_pro", lines=[("01-05", "p_basic", 1), ("02-05", "p_basic", 1), ("03-05", "p_pro", 1)])],
        ledger=[("01-05", "START", "i06", 4900, 1), ("03-05", "UPGRADE", "i06", 5000, 0)],
    ),
    plain(
        7,
        items=[
            Item(
                "i07",
                "p_seat",
                8,
                lines=[
                    ("01-05", "p_seat", 5), ("04-05", "p_seat", 5), ("04-15", "p_seat", 8, 5333),
                    ("04-15", "p_seat", 5, -3333), ("05-05", "p_seat", 8),
                ],
            )
        ],
        ledger=[("01-05", "START", "i07", 5000, 5), ("04-15", "UPGRADE", "i07", 3000, 3)],
    ),
    plain(
        8,
        items=[Item("i08"), Item("i08b", "p_seat", 2)],
        ledger=[("01-05", "START", "i08", 4900, 1), ("01-05", "START", "i08b", 2000, 2)],
    ),
    plain(
        9,
        items=[Item("i09"), Item("i09b", "p_seat", 2, created="05-01")],
        ledger=[("01-05", "START", "i09", 4900, 1), ("05-01", "START", "i09b", 2000, 2)],
    ),
    plain(
        10,
        items=[
            Item("i10"),
            Item(
                "i10b",
                "p_seat",
                3,
                lines=[("01-05", "p_seat", 3), ("06-05", "p_seat", 3), ("06-10", "p_seat", 3, -2500)],
                is_gone=True,
            ),
        ],
        ledger=[
            ("01-05", "START", "i10", 4900, 1), ("01-05", "START", "i10b", 3000, 3),
            ("06-10", "END", "i10b", -3000, -3),
        ],
    ),
    plain(11, discounts=[("fifth", "01-05", "")], ledger=[("01-05", "START", "i11", 3920, 1)]),
    plain(
        12,
        discounts=[("ten", "01-05", "04-05")],
        ledger=[("01-05", "START", "i12", 3900, 1), ("04-05", "UPGRADE", "i12", 1000, 0)],
    ),
    plain(13, discounts=[("half_once", "01-05", "")]),
    plain(
        14,
        discounts=[("tenth", "06-05", "")],
        ledger=[("01-05", "START", "i14", 4900, 1), ("06-05", "DOWNGRADE", "i14", -490, 0)],
    ),
    plain(15, items=[Item("i15", "p_year")], ledger=[("01-05", "START", "i15", 8250, 1)]),
    plain(
        16,
        created="01-20",
        items=[Item("i16", "p_quarter")],
        ledger=[("01-20", "START", "i16", 9000, 1), ("05-20", "END", "i16", -9000, -1)],
        status="canceled",
        before=[("01-20", "active"), ("04-20", "past_due")],
        loaded="05-20",
        failures=[("04-20", "", "card_declined", "insufficient_funds")],
        says={"canceled_at": "05-20", "ended_at": "05-20", "reason": "payment_failed"},
    ),
    plain(
        17,
        before=[("01-05", "active"), ("03-05", "past_due")],
        loaded="03-09",
        failures=[("03-05", "03-09", "expired_card", None)],
    ),
    plain(
        18,
        ledger=[("01-05", "START", "i18", 4900, 1), ("04-20", "END", "i18", -4900, -1)],
        status="unpaid",
        before=[("01-05", "active"), ("04-05", "past_due")],
        loaded="04-20",
        failures=[("04-05", "", None, None)],
        says={"current_period_start": "04-05"},
    ),
    plain(
        19,
        before=[("01-05", "active"), ("05-10", "active", {"pause": "void"})],
        loaded="07-10",
    ),
    plain(
        20,
        before=[("01-05", "active")],
        loaded="11-20",
        says={"pause": "keep_as_draft", "current_period_start": "11-05"},
    ),
    plain(21, ledger=[], status="incomplete_expired", before=[("01-05", "incomplete")], loaded="01-06"),
    plain(22, items=[Item("i22", "p_jpy")], ledger=[("01-05", "START", "i22", 5000, 1)]),
    plain(23, items=[Item("i23", "p_kwd")], ledger=[("01-05", "START", "i23", 15500, 1)]),
    plain(
        24,
        items=[
            Item("i24", "p_eur"),
            Item("i24b", "p_eur", lines=[("01-05", "p_eur", 1), ("06-08", "p_eur", 1, -4000)], is_gone=True),
        ],
        ledger=[
            ("01-05", "START", "i24", 4500, 1), ("01-05", "START", "i24b", 4500, 1),
            ("06-08", "END", "i24b", -4500, -1), ("08-08", "END", "i24", -4500, -1),
        ],
        status="canceled",
        before=[("01-05", "active")],
        loaded="08-08",
        says={"canceled_at": "08-08", "ended_at": "08-08", "reason": "payment_disputed"},
    ),
    plain(25, items=[Item("i25"), Item("i25b", "p_meter")]),
    plain(26, livemode=False, ledger=[]),
    plain(
        27,
        ledger=[("01-05", "START", "i27", 4900, 1), ("03-15", "END", "i27", -4900, -1)],
        status="canceled",
        before=[("01-05", "active")],
        loaded="03-15",
        says={"canceled_at": "03-15", "ended_at": "03-15", "feedback": "unused"},
    ),
    Subscription("s27b", "c27", "06-01", [Item("i27b")], [("06-01", "START", "i27b", 4900, 1)]),
    plain(
        28,
        before=[("01-05", "active"), ("05-02", "active", {"cancel_at_period_end": True, "canceled_at": "05-02"})],
        loaded="05-20",
    ),
    plain(29, items=[Item("i29", "p_week")], ledger=[("01-05", "START", "i29", 5200, 1)]),
    plain(
        30,
        created="02-01",
        items=[Item("i30", "p_basic", lines=[("02-01", "p_free", 1), ("03-01", "p_free", 1), ("04-01", "p_basic", 1)])],
        ledger=[("04-01", "START", "i30", 4900, 1)],
    ),
    plain(
        31,
        items=[Item("i31", "p_tax", lines=[("01-05", "p_tax", 1)])],
        ledger=[("01-05", "START", "i31", 10000, 1)],
    ),
    plain(
        32,
        ledger=[
            ("01-05", "START", "i32", 4900, 1), ("03-20", "END", "i32", -4900, -1), ("05-01", "START", "i32", 4900, 1),
        ],
        before=[("01-05", "active"), ("03-20", "unpaid")],
        loaded="05-01",
    ),
]  # fmt: skip

# By hand: what happened to each item, which the history knows whole.
EVENTS = """\
customer_id,subscription_id,day,event_type,plan_id,amount,currency,billing_interval,billing_interval_count,quantity,reason_code,cancelled_by
c01,s01/i01,01-05,started,basic,49,USD,month,1,1,,
c02,s02/i02,01-05,started,basic,49,USD,month,1,1,,
c02,s02/i02,03-10,cancelled,,,,,,,too_expensive,customer
c03,s03/i03,01-05,started,basic,49,USD,month,1,1,,
c03,s03/i03,03-20,cancel_requested,,,,,,,,
c03,s03/i03,04-05,cancelled,,,,,,,competitor,customer
c04,s04/i04,01-10,trial_started,basic,49,USD,month,1,1,,
c04,s04/i04,01-24,started,basic,49,USD,month,1,1,,
c05,s05/i05,02-01,trial_started,basic,49,USD,month,1,1,,
c05,s05/i05,02-10,expired,,,,,,,,customer
c06,s06/i06,01-05,started,basic,49,USD,month,1,1,,
c06,s06/i06,03-05,changed,pro,99,USD,month,1,1,,
c07,s07/i07,01-05,started,seat,50,USD,month,1,5,,
c07,s07/i07,04-15,changed,seat,80,USD,month,1,8,,
c08,s08/i08,01-05,started,basic,49,USD,month,1,1,,
c08,s08/i08b,01-05,started,seat,20,USD,month,1,2,,
c09,s09/i09,01-05,started,basic,49,USD,month,1,1,,
c09,s09/i09b,05-01,started,seat,20,USD,month,1,2,,
c10,s10/i10,01-05,started,basic,49,USD,month,1,1,,
c10,s10/i10b,01-05,started,seat,30,USD,month,1,3,,
c10,s10/i10b,06-10,cancelled,,,,,,,,
c11,s11/i11,01-05,started,basic,39.20,USD,month,1,1,,
c12,s12/i12,01-05,started,basic,39,USD,month,1,1,,
c12,s12/i12,04-05,changed,basic,49,USD,month,1,1,,
c13,s13/i13,01-05,started,basic,49,USD,month,1,1,,
c14,s14/i14,01-05,started,basic,49,USD,month,1,1,,
c14,s14/i14,06-05,changed,basic,44.10,USD,month,1,1,,
c15,s15/i15,01-05,started,pro,990,USD,year,1,1,,
c16,s16/i16,01-20,started,pro,270,USD,month,3,1,,
c16,s16/i16,04-20,payment_failed,,,,,,,insufficient_funds,
c16,s16/i16,05-20,cancelled,,,,,,,payment_failure,system
c17,s17/i17,01-05,started,basic,49,USD,month,1,1,,
c17,s17/i17,03-05,payment_failed,,,,,,,expired_card,
c17,s17/i17,03-09,payment_recovered,,,,,,,,
c18,s18/i18,01-05,started,basic,49,USD,month,1,1,,
c18,s18/i18,04-05,payment_failed,,,,,,,,
c18,s18/i18,04-20,cancelled,,,,,,,payment_failure,system
c19,s19/i19,01-05,started,basic,49,USD,month,1,1,,
c19,s19/i19,05-10,paused,,,,,,,,
c19,s19/i19,07-10,resumed,,,,,,,,
c20,s20/i20,01-05,started,basic,49,USD,month,1,1,,
c20,s20/i20,11-20,paused,,,,,,,,
c22,s22/i22,01-05,started,basic,5000,JPY,month,1,1,,
c23,s23/i23,01-05,started,basic,15.5,KWD,month,1,1,,
c24,s24/i24,01-05,started,basic,45,EUR,month,1,1,,
c24,s24/i24,08-08,cancelled,,,,,,,fraud,system
c24,s24/i24b,01-05,started,basic,45,EUR,month,1,1,,
c24,s24/i24b,06-08,cancelled,,,,,,,,
c25,s25/i25,01-05,started,basic,49,USD,month,1,1,,
c25,s25/i25b,01-05,started,meter,,USD,month,1,1,,
c27,s27/i27,01-05,started,basic,49,USD,month,1,1,,
c27,s27/i27,03-15,cancelled,,,,,,,no_longer_needed,customer
c27,s27b/i27b,06-01,started,basic,49,USD,month,1,1,,
c28,s28/i28,01-05,started,basic,49,USD,month,1,1,,
c28,s28/i28,05-02,cancel_requested,,,,,,,,
c28,s28/i28,05-20,renewed,,,,,,,,
c29,s29/i29,01-05,started,basic,12,USD,week,1,1,,
c30,s30/i30,02-01,started,basic,0,USD,month,1,1,,
c30,s30/i30,04-01,changed,basic,49,USD,month,1,1,,
c31,s31/i31,01-05,started,tax,100,EUR,month,1,1,,
c32,s32/i32,01-05,started,basic,49,USD,month,1,1,,
c32,s32/i32,03-20,cancelled,,,,,,,payment_failure,system
c32,s32/i32,05-01,reactivated,basic,49,USD,month,1,1,,
"""
# By hand: MRR in USD on the last day. JPY at 150, KWD at 0.3, EUR at 0.9 to the dollar.
MRR = {
    "c01": 49, "c04": 49, "c06": 99, "c07": 80, "c08": 69, "c09": 69, "c10": 49, "c11": 39.2, "c12": 49, "c13": 49,
    "c14": 44.1, "c15": 82.5, "c17": 49, "c19": 49, "c20": 0, "c22": 33.33, "c23": 51.67, "c25": 49, "c27": 49,
    "c28": 49, "c29": 52, "c30": 49, "c31": 111.11, "c32": 49,
}  # fmt: skip
# By hand: customers who were lost, when, and whose choice it was.
LOST = [
    ("c02", "2024-03-10", "voluntary"), ("c03", "2024-04-05", "voluntary"), ("c16", "2024-05-20", "involuntary"),
    ("c18", "2024-04-20", "involuntary"), ("c24", "2024-08-08", "involuntary"), ("c27", "2024-03-15", "voluntary"),
    ("c32", "2024-03-20", "involuntary"),
]  # fmt: skip


def when(day: object) -> str | None:
    """A day of the business as Fivetran writes it."""
    return f"2024-{day} 12:00:00" if day else None


def seconds(day: object) -> int | None:
    """A day of the business as Stripe's API writes it."""
    return int(datetime.fromisoformat(f"2024-{day}T12:00:00").replace(tzinfo=UTC).timestamp()) if day else None


DATES = ("created", "start_date", "current_period_start", "trial_start", "trial_end", "canceled_at", "ended_at")


def _versions() -> Iterator[dict]:
    for subscription in SUBSCRIPTIONS:
        started = {"created": subscription.created, "start_date": subscription.created}
        trial = {name: day for name, day in subscription.says.items() if name.startswith("trial")}
        of_all = {"id": subscription.id, "customer": subscription.customer, "livemode": subscription.livemode}
        for day, status, *otherwise in subscription.before:
            yield {**of_all, **started, **trial, **dict(*otherwise), "status": status, "loaded": day}
        loaded = subscription.loaded or subscription.created
        newest = {"status": subscription.status, "loaded": loaded, "is_newest": True}
        yield {**of_all, **started, **subscription.says, **newest, "of": subscription}


def expected_events() -> list[dict]:
    """EVENTS as rows of subscription_events."""
    rows = list(csv.DictReader(StringIO(EVENTS)))
    for nth, row in enumerate(rows):
        row |= {"event_id": f"e{nth}", "occurred_at": when(row.pop("day"))}
    return rows


def customers() -> list[dict]:
    """Every customer, those in test mode included."""
    names = dict.fromkeys(subscription.customer for subscription in SUBSCRIPTIONS)
    return [
        {"id": name, "created": when("01-01"), "address_country": "de", "email": "", "livemode": name != "c26"}
        for name in names
    ]


RATES = [
    {
        "date": "2024-01-01 00:00:00.000",
        "sell_currency": "usd",
        "buy_currency_exchange_rates": json.dumps({"usd": 1.0, "jpy": 1.5, "kwd": 3.0, "eur": 0.9}),
    }
]


def ledger() -> dict[str, list[dict]]:
    """As Sigma and Data Pipeline have it."""
    changes = [
        {
            "event_timestamp": f"{when(day)}.000", "event_type": f"ACTIVE_{kind}", "subscription_item_id": item,
            "subscription_id": subscription.id, "customer_id": subscription.customer, "mrr_change": change,
            "quantity_change": quantity, "currency": PRICES[price_of(subscription, item)][2],
            "product_id": PRICES[price_at(subscription, item, day)][0],
        }
        for subscription in SUBSCRIPTIONS
        for day, kind, item, change, quantity in subscription.ledger
    ]  # fmt: skip
    subscriptions = [
        {
            "id": row["id"], "customer_id": row["customer"], "status": row["status"], "livemode": row["livemode"],
            "cancel_at_period_end": row.get("cancel_at_period_end"), **{name: when(row.get(name)) for name in DATES},
            **{f"cancellation_details_{name}": row.get(name) for name in ("reason", "feedback", "comment")},
        }
        for row in _versions()
        if row.get("is_newest")
    ]  # fmt: skip
    items = [
        {"id": item.id, "subscription_id": subscription.id, "created": when(item.created or subscription.created)}
        for subscription in SUBSCRIPTIONS
        for item in subscription.items
    ]
    return {
        "subscription_item_change_events": changes,
        "subscriptions": subscriptions,
        "subscription_items": items,
        "customers": customers(),
        "exchange_rates_from_usd": RATES,
        **payments(),
    }


def price_of(subscription: Subscription, item: str) -> str:
    """The price of an item as it stands."""
    return next(found.price for found in subscription.items if found.id == item)


def price_at(subscription: Subscription, item: str, day: str) -> str:
    """The price of an item on a day, as its invoices have it."""
    lines = next(found.lines for found in subscription.items if found.id == item)
    return ([line[1] for line in lines if line[0] <= day] or [price_of(subscription, item)])[-1]


def payments() -> dict[str, list[dict]]:
    """Invoices and charges of the payments that failed."""
    invoices, charges = [], []
    for subscription in SUBSCRIPTIONS:
        for day, paid, code, reason in subscription.failures:
            invoice = f"in_{subscription.id}_{day}"
            invoices.append(
                {
                    "id": invoice, "customer_id": subscription.customer, "subscription_id": subscription.id,
                    "created": when(day), "status": "paid" if paid else "open", "total": 5831, "tax": 931,
                    "currency": "usd", "livemode": True, "status_transitions_paid_at": when(paid),
                }
            )  # fmt: skip
            charge = {"invoice_id": invoice, "livemode": True, "amount_refunded": 0}
            declined = {"failure_code": code, "outcome_reason": reason}
            charges.append({"id": f"ch_{invoice}_1", "status": "failed", "created": when(day), **declined, **charge})
            if paid:
                again = {"failure_code": "do_not_honor", "outcome_reason": None}
                charges.append({"id": f"ch_{invoice}_0", "status": "failed", "created": when(paid), **again, **charge})
                charges.append({"id": f"ch_{invoice}_2", "status": "succeeded", "created": when(paid), **charge})
    return {"invoices": invoices, "charges": charges}


def history() -> dict[str, list[dict]]:
    """As Fivetran has it."""
    versions = [
        {
            "id": row["id"], "customer_id": row["customer"], "status": row["status"], "livemode": row["livemode"],
            "_fivetran_start": when(row["loaded"]), "_fivetran_active": bool(row.get("is_newest")),
            "_fivetran_synced": when("12-10"), "cancel_at_period_end": row.get("cancel_at_period_end", False),
            "pause_collection_behavior": row.get("pause"), **{name: when(row.get(name)) for name in DATES},
            **{f"cancellation_details_{name}": row.get(name) for name in ("reason", "feedback", "comment")},
        }
        for row in _versions()
    ]  # fmt: skip
    tables: dict[str, list[dict]] = {
        "subscription_history": versions,
        "subscription_item": [],
        "invoice_line_item": [],
        "subscription_discount": [],
        "customer": customers(),
        "exchange_rates_from_usd": RATES,
    }
    tables |= {name.removesuffix("s"): rows for name, rows in payments().items()}
    for subscription in SUBSCRIPTIONS:
        for item in subscription.items:
            if not item.is_gone:
                tables["subscription_item"].append(
                    {
                        "id": item.id, "subscription_id": subscription.id, "plan_id": item.price,
                        "quantity": item.quantity, "created": when(item.created or subscription.created),
                    }
                )  # fmt: skip
            tables["invoice_line_item"] += [
                {
                    "id": f"il_{item.id}_{nth}", "invoice_id": f"in_{item.id}_{nth}",
                    "subscription_id": subscription.id, "subscription_item_id": item.id, "plan_id": price,
                    "quantity": quantity,
                    "amount": proration[0] if proration else (PRICES[price][1] or 0) * quantity,
                    "unit_amount_excluding_tax": 10000 if price in WITH_TAX else PRICES[price][1],
                    "proration": bool(proration), "period_start": when(day), "livemode": True,
                }
                for nth, (day, price, quantity, *proration) in enumerate(item.lines)
            ]  # fmt: skip
        tables["subscription_discount"] += [
            {
                "id": f"di_{subscription.id}", "subscription_id": subscription.id, "coupon_id": coupon,
                "start": when(start), "end": when(end),
            }
            for coupon, start, end in subscription.discounts
        ]  # fmt: skip
    tables["price"] = [
        {
            "id": name, "product_id": product, "unit_amount": amount, "currency": currency,
            "recurring_interval": interval, "recurring_interval_count": count,
            "recurring_usage_type": "metered" if name in METERED else "licensed",
            "tax_behavior": "inclusive" if name in WITH_TAX else "exclusive",
        }
        for name, (product, amount, currency, interval, count) in PRICES.items()
    ]  # fmt: skip
    tables["coupon"] = [
        {"id": name, "percent_off": percent, "amount_off": amount, "currency": currency, "duration": duration}
        for name, (percent, amount, currency, duration) in COUPONS.items()
    ]
    tables["product"] = [{"id": name, "name": shown} for name, shown in PRODUCTS.items()]
    return tables


def current() -> dict[str, list[dict]]:
    """As Stripe's API has it, a JSON object a subscription."""
    return {
        "subscriptions": [_object(row) for row in _versions() if row.get("is_newest")],
        "customers": [
            {"id": row["id"], "created": seconds("01-01"), "address": {"country": "DE"}, "livemode": row["livemode"]}
            for row in customers()
        ],
        "exchange_rates_from_usd": RATES,
    }


def _object(row: dict) -> dict:
    subscription: Subscription = row["of"]
    details = {name: row.get(name) for name in ("reason", "feedback", "comment")}
    discounts = [
        {
            "start": seconds(start), "end": seconds(end),
            "coupon": dict(zip(("percent_off", "amount_off", "currency", "duration"), COUPONS[coupon], strict=True))
            | {"id": coupon},
        }
        for coupon, start, end in subscription.discounts
        if not end  # what is over is gone
    ]  # fmt: skip
    return {
        "id": row["id"], "object": "subscription", "customer": row["customer"], "status": row["status"],
        "livemode": row["livemode"], "cancel_at_period_end": row.get("cancel_at_period_end", False), "cancel_at": None,
        "cancellation_details": details, "discount": next(iter(discounts), None),
        "pause_collection": {"behavior": row["pause"], "resumes_at": None} if row.get("pause") else None,
        "items": {"data": [_item(subscription, item) for item in subscription.items if not item.is_gone]},
        **{name: seconds(row.get(name)) for name in DATES},
    }  # fmt: skip


def _item(subscription: Subscription, item: Item) -> dict:
    product, amount, currency, interval, count = PRICES[item.price]
    usage = "metered" if item.price in METERED else "licensed"
    return {
        "id": item.id, "created": seconds(item.created or subscription.created), "quantity": item.quantity,
        "price": {
            "id": item.price, "product": product, "unit_amount": amount, "currency": currency,
            "tax_behavior": "inclusive" if item.price in WITH_TAX else "exclusive",
            "recurring": {"interval": interval, "interval_count": count, "usage_type": usage},
        },
    }  # fmt: skip


def write_csv(folder: Path, tables: Mapping[str, Sequence[Mapping]]) -> Path:
    """Each table as CSV, as a loader's export."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        columns = dict.fromkeys(column for row in rows for column in row)
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    return folder


def write_json(folder: Path, tables: Mapping[str, Sequence[Mapping]]) -> Path:
    """Each table as a file of JSON objects."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder
