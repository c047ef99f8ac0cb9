"""Rows as real exports hold them: times in every layout, codes in every spelling, and one row for each reason of
quarantine. The lives of test_rules.py, which leave a question open, belong to the same business.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

import test_rules

NBSP, WIDE, NO_WIDTH = "\u00a0", "\u3000", "\ufeff"

STARTED = {"event_type": "started", "occurred_at": "2024-02-01 10:00:00", "plan_id": "odd", "amount": "10"}
# what is broken in one row each, and the reason that quarantine gives
BROKEN_EVENTS: list[tuple[dict[str, str], str]] = [
    ({"event_id": NBSP}, "missing_event_id"),
    ({"customer_id": ""}, "missing_customer_id"),
    ({"subscription_id": "  "}, "missing_subscription_id"),
    ({"event_type": ""}, "missing_event_type"),
    ({"event_type": "begun"}, "unknown_event_type"),
    ({"occurred_at": ""}, "missing_occurred_at"),
    ({"occurred_at": "soon"}, "unreadable_occurred_at"),
    ({"occurred_at": "2024-02-30"}, "unreadable_occurred_at"),
    ({"occurred_at": "31/01/2024"}, "unreadable_occurred_at_day_first"),
    ({"occurred_at": "01/31/2024"}, "unreadable_occurred_at_month_first"),
    ({"occurred_at": "01/02/2024"}, "unreadable_occurred_at_day_or_month_first"),
    ({"occurred_at": "31 Jan 2024"}, "unreadable_occurred_at_month_name"),
    ({"occurred_at": "2024-01-31 06:00:00 PM"}, "unreadable_occurred_at_twelve_hour_clock"),
    ({"occurred_at": "2024-01-31 10:00:00 Asia/Tokyo"}, "unreadable_occurred_at_zone_name"),
    ({"occurred_at": "2024-01"}, "unreadable_occurred_at_month_only"),
    ({"occurred_at": "20240131"}, "unreadable_occurred_at_no_separators"),
    ({"occurred_at": "1706659200"}, "unreadable_occurred_at_unix_time"),
    ({"loaded_at": "2024-03-01 10:00:00 EST"}, "unreadable_loaded_at_zone_name"),
    ({"amount": "ten"}, "unreadable_amount"),
    ({"amount": "-1"}, "negative_amount"),
    ({"currency": "XXX"}, "no_exchange_rate"),
    ({"billing_interval": "fortnight"}, "unknown_billing_interval"),
    ({"billing_interval_count": "0"}, "too_small_billing_interval_count"),
    ({"billing_interval_count": "1.5"}, "unreadable_billing_interval_count"),
    ({"quantity": "-2"}, "negative_quantity"),
]
INVOICE = {"invoice_id": "broken", "customer_id": "broken", "issued_at": "2024-02-01", "amount": "5"}
ORDER = {"order_id": "broken", "customer_id": "broken", "ordered_at": "2024-02-01", "amount": "5"}
ANSWER = {"response_id": "broken", "survey_type": "nps", "responded_at": "2024-02-06", "score": "5"}
BROKEN: dict[str, list[tuple[dict[str, str], str]]] = {
    "invoices": [
        (INVOICE | {"issued_at": "31/01/2024"}, "unreadable_issued_at_day_first"),
        (INVOICE | {"status": "settled"}, "unknown_status"),
    ],
    "orders": [
        (ORDER | {"amount": ""}, "missing_amount"),
        (ORDER | {"currency": "XXX"}, "no_exchange_rate"),
    ],
    "survey_responses": [
        (ANSWER | {"score": "11"}, "score_out_of_range"),
        (ANSWER | {"survey_type": "mood"}, "unknown_survey_type"),
    ],
    "exchange_rates": [
        ({"rate_date": "31/12/2023", "currency": "EUR", "rate_to_reporting": "1.1"}, "unreadable_rate_date_day_first"),
        ({"rate_date": "2023-12-31", "currency": "XXX", "rate_to_reporting": "0"}, "not_positive_rate_to_reporting"),
        ({"rate_date": "2023-12-31", "currency": "XXX", "rate_to_reporting": "1e-13"}, "too_small_rate_to_reporting"),
        ({"rate_date": "2023-12-31", "currency": "XXX", "rate_to_reporting": "y"}, "unreadable_rate_to_reporting"),
    ],
    "customers": [
        ({"customer_id": "broken", "created_at": "31/01/2024"}, "unreadable_created_at_day_first"),
        ({"customer_id": WIDE, "country": "broken"}, "missing_customer_id"),
    ],
    "subscription_events": [
        (
            {"event_id": f"broken{number}", "customer_id": f"broken{number}", "subscription_id": f"broken{number}"}
            | STARTED
            | broken,
            reason,
        )
        for number, (broken, reason) in enumerate(BROKEN_EVENTS)
    ],
}
# another way to write the moments of a life each: at an offset, with blanks, as a date, long ago and still to come (no
# start of 1970: right, but a report of every day since then takes the oracle a minute)
TIMES = [
    [("started", "2024-01-10T01:00:00+05:30"), ("cancelled", " 2024-04-01 ")],
    [("started", f"{NBSP}2024-01-10{WIDE}"), ("cancelled", f"2024-03-31 20:00:00-04:00{NO_WIDTH}")],
    [("started", "2024-01-10T10:00:00Z"), ("paused", "2024-02-01 10:00:00 UTC"), ("resumed", "2024-03-01T10:00:00.5")],
    [("cancelled", "1970-01-01 00:00:00"), ("started", "2024-01-15")],
    [("started", "2024-01-10"), ("cancelled", "2098-01-01 00:00:00")],
    [("started", "2098-01-01")],
    [("trial_started", "2024-01-10"), ("expired", "2024-01-24"), ("started", "2024-01-24")],
    [("started", "2024-01-10"), ("cancelled", "2024-03-10"), ("reactivated", "2024-03-10")],
]
# another spelling of codes, ids and plans
SPELLINGS: list[list[dict[str, str]]] = [
    [
        {"event_type": "Started", "currency": f"{NBSP}eur", "billing_interval": "Month ", "plan_id": "Gold"},
        {"event_type": f"CANCELLED{WIDE}", "reason_code": " Too_Expensive ", "cancelled_by": "CUSTOMER"},
    ],
    [
        {"event_type": "STARTED ", "currency": "Eur", "plan_id": "gold "},
        {"event_type": "cancelled", "reason_code": "too  expensive", "cancelled_by": f"{NO_WIDTH}system"},
    ],
    [
        {"event_type": "started", "customer_id": f"{NBSP}spelt2 ", "subscription_id": " spelt2", "plan_id": "  "},
        {"event_type": "cancelled", "reason_code": "aliens", "cancelled_by": "user"},
    ],
]
MORE: dict[str, list[dict[str, str]]] = {
    "customers": [
        {"customer_id": "spelt0", "country": "DE", "customer_segment": "smb", "created_at": " 2024-01-01 "},
        {"customer_id": f"spelt1{NBSP}", "country": "de", "customer_segment": "SMB", "created_at": "2024-01-01"},
        {"customer_id": " spelt2", "country": f"DE{NBSP}", "customer_segment": "mid  market"},
    ],
    "exchange_rates": [{"rate_date": "2023-12-31", "currency": " idr", "rate_to_reporting": "0.0000000006"}],
    "orders": [ORDER | {"order_id": "later", "customer_id": "buyer", "ordered_at": "2098-01-01"}],
    "survey_responses": [ANSWER | {"response_id": "later", "responded_at": "2098-01-01"}],
}


def _events() -> list[dict[str, str]]:
    timed = [[{"event_type": kind, "occurred_at": at} for kind, at in life] for life in TIMES]
    spelt = [
        [{"occurred_at": f"2024-0{1 + 2 * place}-05"} | row for place, row in enumerate(life)] for life in SPELLINGS
    ]
    rows = []
    for kind, lives in (("timed", timed), ("spelt", spelt)):
        for number, life in enumerate(lives):
            name = f"{kind}{number}"
            for place, row in enumerate(life):
                paid = {"plan_id": "odd", "amount": "10"} if place == 0 else {}
                ids = {"event_id": f"{name}-{place}", "customer_id": name, "subscription_id": name}
                rows.append(ids | paid | row)
    return rows


def tables() -> dict[str, list[dict[str, str]]]:
    """The raw tables of the business."""
    rules, more = test_rules.raw_tables(), MORE | {"subscription_events": _events()}
    return {
        name: [*rows, *more.get(name, []), *(broken for broken, _ in BROKEN.get(name, []))]
        for name, rows in rules.items()
    }


FEATURES = ("reports", "export", "chat", "")
TRIGGERS = ("", "payment_failed", "low_nps", "inactive_14_days", "inactive_cancelled")


def touches(customers: list[str]) -> dict[str, list[dict[str, str]]]:
    """What customers do beside paying, in the raw tables of it: use, tickets, surveys, contacts, milestones.

    Drawn by chance, the same at every run. It holds what no order of things forbids: more seats in use than are paid
    for, a message clicked that nobody saw opened, a milestone reached before the first use, a ticket closed first.
    """
    drawn = random.Random(20240229)
    rows: dict[str, list[dict[str, str]]] = {
        name: []
        for name in (
            "product_usage", "support_tickets", "survey_responses", "campaign_contacts", "onboarding_milestones",
        )
    }  # fmt: skip

    def day(first: date = date(2023, 10, 1), days: int = 150) -> date:
        return first + timedelta(days=drawn.randrange(days))

    def after(moment: date, days: int) -> str:
        """So many days later at most, a day earlier at times, or never."""
        return "" if drawn.random() < 0.4 else str(moment + timedelta(days=drawn.randrange(-1, days)))

    for customer in customers:
        begun = day(days=270)
        for used_on in sorted({day(begun) for _ in range(drawn.randrange(40))}):
            use = {"usage_count": str(drawn.randrange(9)), "feature": drawn.choice(FEATURES)}
            seats = {"active_seats": drawn.choice(("", "0", "1", "7")), "minutes": drawn.choice(("", "12.5"))}
            rows["product_usage"].append({"customer_id": customer, "used_on": str(used_on)} | use | seats)
        for number in range(drawn.randrange(4)):
            opened = day(begun)
            said = {"subject": drawn.choice(("", "too slow", "crashes")), "agent": drawn.choice(("", "kim"))}
            times = {"first_response_at": after(opened, 4), "closed_at": after(opened, 20), "reopened_at": ""}
            kind = {"priority": drawn.choice(("", "urgent")), "category": drawn.choice(("", "billing"))}
            ids = {"ticket_id": f"{customer}/t{number}", "customer_id": customer, "opened_at": str(opened)}
            rows["support_tickets"].append(ids | said | times | kind)
        for number, (survey, most) in enumerate((("csat", 5), ("ces", 7), ("nps", 10))):
            # the answers of February to the survey of the rules are counted elsewhere
            sent = day(date(2024, 3, 1), 240)
            ids = {"response_id": f"{customer}/r{number}", "customer_id": customer, "survey_type": survey}
            answer = {"sent_at": str(sent), "responded_at": after(sent, 30)}
            answer |= {"score": str(drawn.randint(1, most)) if answer["responded_at"] else ""}
            about = {"touchpoint": drawn.choice(("", "support")), "subject": drawn.choice(("", "", "other tool"))}
            told = {"comment": drawn.choice(("", "too expensive", "great")), "weight": drawn.choice(("", "0", "2.5"))}
            rows["survey_responses"].append(ids | answer | about | told)
        for number in range(drawn.randrange(5)):
            at = day(begun)
            ids = {"contact_id": f"{customer}/c{number}", "customer_id": customer, "contacted_at": str(at)}
            what = {"campaign": "spring", "trigger_code": drawn.choice(TRIGGERS), "channel": drawn.choice(("", "call"))}
            reaction = {name: after(at, 9) for name in ("opened_at", "clicked_at", "replied_at")}
            rows["campaign_contacts"].append(
                ids | what | reaction | {"is_control": drawn.choice(("", "true", "false"))}
            )
        for milestone in ("signed_in", "invited"):
            times = {"due_at": str(begun + timedelta(days=7)), "reached_at": after(begun, 60)}
            rows["onboarding_milestones"].append({"customer_id": customer, "milestone": milestone} | times)
    return rows
