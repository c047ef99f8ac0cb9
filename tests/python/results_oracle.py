"""A plain-Python reading of contacts, win-back and plays: what came of each, asked of one customer after the other.

Rows are dictionaries with times as datetimes; of later than as_of nothing is handed over. Tasks and health scores have
twins of their own and are taken as they are.
"""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import cohort_oracle
import oracle
from scipy import stats

DAY = timedelta(days=1)
Z = 1.959963984540054
HORIZONS = (30, 60, 90)
REVIEW_DAYS, LEAST_CONTROLS = 90, 10
Rows = list[dict[str, Any]]


@dataclass
class Stay:
    """A time as a customer: what it pays from when on, and how it ended."""

    began_at: datetime
    mrr: list[tuple[datetime, float]]
    ended_at: datetime | None = None
    churn_type: str | None = None
    reason_code: str | None = None

    def mrr_at(self, at: datetime) -> float:
        return [amount for since, amount in self.mrr if since <= at][-1]

    @property
    def mrr_lost(self) -> float:
        return self.mrr[-1][1]


@dataclass
class Business:
    """What is known at as_of. Failures are (failed, ended or None, outcome); seeds are rows of text."""

    as_of: datetime
    zone: str
    stays: dict[str, list[Stay]]
    customers: dict[str, dict]
    contacts: Rows
    surveys: Rows
    tickets: Rows
    milestones: Rows
    receipts: Rows
    orders: Rows
    used: dict[str, set[date]]
    failures: dict[str, list[tuple[datetime, datetime | None, str]]]
    seeds: dict[str, Rows]
    tasks: Rows = field(default_factory=list)
    scores: dict[str, dict[date, float]] = field(default_factory=dict)

    def day(self, at: datetime) -> date:
        return oracle.local_date_of(at, self.zone)

    def is_over(self, until: datetime) -> bool:
        return self.day(until) < self.day(self.as_of)

    def stay_at(self, customer_id: str, at: datetime) -> Stay | None:
        for stay in self.stays.get(customer_id, []):
            if stay.began_at <= at and (stay.ended_at is None or at < stay.ended_at):
                return stay
        return None

    def mrr_at(self, customer_id: str, at: datetime) -> float:
        stay = self.stay_at(customer_id, at)
        return stay.mrr_at(at) if stay else 0.0

    def losses(self, customer_id: str) -> Iterator[tuple[Stay, datetime | None]]:
        """Each stay that ended, and when the customer was back."""
        stays = self.stays.get(customer_id, [])
        for number, stay in enumerate(stays):
            if stay.ended_at:
                yield stay, stays[number + 1].began_at if number + 1 < len(stays) else None

    def own(self, rows: Rows, customer_id: str) -> Rows:
        return [row for row in rows if row["customer_id"] == customer_id]

    def play(self, trigger_code: str | None) -> dict | None:
        return next((row for row in self.seeds["playbook"] if row["trigger_code"] == trigger_code), None)

    def metric(self, name: str) -> dict:
        return next(row for row in self.seeds["play_metrics"] if row["metric"] == name)

    def value_band(self, mrr: float) -> str:
        bands = [row for row in self.seeds["segment_bands"] if row["measure"] == "value"]
        return max((float(row["from_value"]), row["band"]) for row in bands if float(row["from_value"]) <= mrr)[1]

    def category(self, reason_code: str | None) -> dict | None:
        return next((row for row in self.seeds["churn_reasons"] if row["reason_code"] == reason_code), None)


# ---------------------------------------------------------------------------------------------------------------------
# What came of a moment: a function for each measure of the seed; None = the customer is not concerned
# ---------------------------------------------------------------------------------------------------------------------


def stayed(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    if business.stay_at(customer_id, at) is None:
        return None
    return business.stay_at(customer_id, until) is not None


def expanded(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    if business.stay_at(customer_id, at) is None:
        return None
    return business.mrr_at(customer_id, until) > business.mrr_at(customer_id, at)


def returned(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    stays = business.stays.get(customer_id, [])
    if business.stay_at(customer_id, at) or not any(stay.began_at <= at for stay in stays):
        return None
    return any(at < stay.began_at <= until for stay in stays)


def used(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    first = min((day for days in business.used.values() for day in days), default=None)
    if first is None or business.day(at) < first or business.stay_at(customer_id, at) is None:
        return None
    return any(business.day(at) < day <= business.day(until) for day in business.used.get(customer_id, ()))


def ordered(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    days = [business.day(row["ordered_at"]) for row in business.orders]
    if not days or business.day(at) < min(days):
        return None
    own = [business.day(row["ordered_at"]) for row in business.own(business.orders, customer_id)]
    return any(business.day(at) < day <= business.day(until) for day in own)


def activated(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    late = [
        row["reached_at"] for row in business.own(business.milestones, customer_id)
        if row["due_at"] and row["due_at"] <= at and not (row["reached_at"] and row["reached_at"] <= at)
    ]  # fmt: skip
    return any(reached and reached <= until for reached in late) if late else None


def no_ticket(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    recorded = any(row["opened_at"] <= at for row in business.tickets)
    if not recorded or business.stay_at(customer_id, at) is None:
        return None
    return not any(at < row["opened_at"] <= until for row in business.own(business.tickets, customer_id))


def resolved(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    def is_closed(row: dict, when: datetime) -> bool:
        if row["closed_at"] is None or row["closed_at"] > when:
            return False
        again = row["reopened_at"]
        return not (again and row["closed_at"] <= again <= when)

    open_then = [
        row for row in business.own(business.tickets, customer_id)
        if row["opened_at"] <= at and not (row["closed_at"] and row["closed_at"] <= at)
    ]  # fmt: skip
    return all(is_closed(row, until) for row in open_then) if open_then else None


def recovered(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    open_then = [
        (ended, outcome) for failed, ended, outcome in business.failures.get(customer_id, [])
        if failed <= at and not (ended and ended <= at)
    ]  # fmt: skip
    return all(outcome == "recovered" and ended <= until for ended, outcome in open_then) if open_then else None


def nps_change(business: Business, customer_id: str, at: datetime, until: datetime) -> float | None:
    own = [row for row in business.own(business.surveys, customer_id) if row["survey_type"] == "nps"]
    own = sorted((row["responded_at"], row["response_id"], row["touchpoint"], row["score"]) for row in own)
    before = [row for row in own if row[0] <= at]
    if not before:
        return None
    # of two kinds that were answered at one instant the relational one
    kind = max(before, key=lambda row: (row[0], row[2] == "relational"))[2]
    latest = [row for row in before if row[2] == kind][-1]
    later = [row for row in own if row[2] == kind and at < row[0] <= until]
    return later[0][3] - latest[3] if later else None


def answered(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    if business.stay_at(customer_id, at) is None:
        return None
    return any(at < row["responded_at"] <= until for row in business.own(business.surveys, customer_id))


def health_change(business: Business, customer_id: str, at: datetime, until: datetime) -> float | None:
    scores = business.scores.get(customer_id, {})
    before = [day for day in scores if day <= business.day(at)]
    after = [day for day in scores if business.day(at) < day <= business.day(until)]
    if not before or not after or business.stay_at(customer_id, at) is None:
        return None
    return round(scores[max(after)] - scores[max(before)], 6)


def clicked(business: Business, customer_id: str, at: datetime, until: datetime) -> bool | None:
    sent = [
        row for row in business.own(business.contacts, customer_id)
        if row["contacted_at"] == at and not row["is_control"]
        and (business.play(row["trigger_code"]) or {}).get("metric") == "click_rate"
    ]  # fmt: skip
    return any(row["clicked_at"] and row["clicked_at"] <= until for row in sent) if sent else None


MEASURES: dict[str, Callable[[Business, str, datetime, datetime], float | None]] = {
    function.__name__: function
    for function in (
        stayed, expanded, returned, used, ordered, activated, no_ticket, resolved, recovered, nps_change, answered,
        health_change, clicked,
    )
}  # fmt: skip


def window_end(business: Business, metric: str, at: datetime) -> datetime:
    return at + int(business.metric(metric)["window_days"]) * DAY


def outcome(business: Business, metric: str, customer_id: str, at: datetime) -> float | None:
    """The value of a metric from a moment on; None where its window is not over, or the customer is not concerned."""
    until = window_end(business, metric, at)
    if not business.is_over(until):
        return None
    value = MEASURES[business.metric(metric)["measure"]](business, customer_id, at, until)
    return None if value is None else float(value)


# ---------------------------------------------------------------------------------------------------------------------
# Campaigns
# ---------------------------------------------------------------------------------------------------------------------


def rate(name: str, part: int, whole: int) -> dict:
    lower, upper = oracle.wilson(part, whole)
    return {name: oracle.ratio(part, whole), f"{name}_lower": lower, f"{name}_upper": upper}


def newcombe(part: int, whole: int, other_part: int, other_whole: int) -> tuple[float | None, ...]:
    """The difference of two shares and its bounds."""
    if not whole or not other_whole:
        return None, None, None
    p, q = part / whole, other_part / other_whole
    (p_lower, p_upper), (q_lower, q_upper) = oracle.wilson(part, whole), oracle.wilson(other_part, other_whole)
    return p - q, p - q - math.hypot(p - p_lower, q_upper - q), p - q + math.hypot(p_upper - p, q - q_lower)


def contact_facts(business: Business) -> Iterator[dict]:
    for contact in business.contacts:
        play = business.play(contact["trigger_code"])
        customer_id, at = contact["customer_id"], contact["contacted_at"]
        fact = {**contact, "metric": play and play["metric"], "value": None, "is_over": False, "after_all": False}
        if play:
            until = window_end(business, play["metric"], at)
            fact["is_over"] = business.is_over(until)
            fact["value"] = outcome(business, play["metric"], customer_id, at)
            fact["after_all"] = contact["is_control"] and any(
                not other["is_control"] and at <= other["contacted_at"] <= until
                and (other["campaign"], other["trigger_code"]) == (contact["campaign"], contact["trigger_code"])
                for other in business.own(business.contacts, customer_id)
            )  # fmt: skip
            fact["mrr_gained"] = business.mrr_at(customer_id, until) - business.mrr_at(customer_id, at)
            own = business.own(business.receipts, customer_id)
            fact["received"] = sum(row["received"] for row in own if at < row["received_at"] <= until)
        yield fact


def campaign_results(business: Business) -> list[dict]:
    """The rows of rpt_campaign_results for all customers and by customer segment."""
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for fact in contact_facts(business):
        segment = business.customers[fact["customer_id"]]["customer_segment"] or "(none)"
        channels = ["all"] if fact["is_control"] else ["all", fact["channel"] or "(none)"]
        for channel, kind in product(channels, (("all", "all"), ("customer_segment", segment))):
            groups[fact["campaign"], fact["trigger_code"] or "(none)", channel, *kind].append(fact)
    key = ("campaign", "trigger_code", "channel", "segment_type", "segment_value")
    return [dict(zip(key, values, strict=True)) | campaign_figures(facts) for values, facts in groups.items()]


def campaign_figures(facts: list[dict]) -> dict:
    sent, held = ([fact for fact in facts if fact["is_control"] == side] for side in (False, True))
    messages = [fact for fact in sent if fact["channel"] in (None, "mail", "push")]
    row = {
        "contacted": len(sent),
        "messages": len(messages),
        "opened": sum(fact["opened_at"] is not None for fact in messages),
        "clicked": sum(fact["clicked_at"] is not None for fact in sent),
        "replied": sum(fact["replied_at"] is not None for fact in sent),
        "controls": len(held),
        "controls_contacted": sum(fact["after_all"] for fact in held),
        "still_open": sum(bool(fact["metric"]) and not fact["is_over"] for fact in sent),
        "first_contacted_at": min(fact["contacted_at"] for fact in facts),
        "last_contacted_at": max(fact["contacted_at"] for fact in facts),
    }
    row["open_rate"] = oracle.ratio(row["opened"], row["messages"])
    row["click_rate"] = oracle.ratio(row["clicked"], row["contacted"])
    row["reply_rate"] = oracle.ratio(row["replied"], row["contacted"])
    counts = []
    for suffix, side in (("", sent), ("_controls", held)):
        judged = [fact for fact in side if fact["value"] is not None]
        converted = sum(fact["value"] > 0 for fact in judged)
        counts += [converted, len(judged)]
        row |= {f"judged{suffix}": len(judged), f"converted{suffix}": converted}
        row |= rate(f"conversion_rate{suffix}", converted, len(judged))
        for name in ("mrr_gained", "received"):
            row[name + suffix] = sum(fact[name] for fact in judged) if judged else None
    row["lift"], row["lift_lower"], row["lift_upper"] = newcombe(*counts)
    return row


# ---------------------------------------------------------------------------------------------------------------------
# Win-back
# ---------------------------------------------------------------------------------------------------------------------


def winback_days(business: Business) -> Iterator[dict]:
    stages = [row for row in business.seeds["playbook"] if row["condition"] == "days_since_loss"]
    for customer_id in business.stays:
        for stay, back in business.losses(customer_id):
            for stage in stages:
                reached = stay.ended_at + int(stage["threshold"]) * DAY
                if reached > business.as_of or (back and back <= reached):
                    continue
                contacts = [
                    (row["contacted_at"], row["contact_id"], row["is_control"])
                    for row in business.own(business.contacts, customer_id)
                    if row["trigger_code"] == stage["trigger_code"]
                    and stay.ended_at < row["contacted_at"] and not (back and back <= row["contacted_at"])
                ]  # fmt: skip
                first = min(contacts, default=None)
                reason = business.category(stay.reason_code)
                yield {
                    "customer_id": customer_id, "stay": stay, "back": back, "stage": stage, "reached": reached,
                    "contacted_at": first and first[0], "is_control": first and first[2],
                    "winback_day": int(stage["threshold"]),
                    "reason_category": reason["reason_category"] if reason else "(none)",
                    "is_preventable": reason and reason["is_preventable"] == "true",
                    "value_band": business.value_band(stay.mrr_lost), "churn_type": stay.churn_type,
                }  # fmt: skip


def winback_results(business: Business) -> list[dict]:
    """The rows of rpt_winback_results."""
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for row in winback_days(business):
        cut = [(row[name], "all") for name in ("reason_category", "value_band", "churn_type")]
        for horizon, *values in product(HORIZONS, *cut):
            groups[row["winback_day"], horizon, *values].append(row)
    key = ("winback_day", "horizon_days", "reason_category", "value_band", "churn_type")
    rows = [
        dict(zip(key, values, strict=True)) | winback_figures(business, values[1], rows)
        for values, rows in groups.items()
    ]
    return [row for row in rows if row["lost"] or row["contacted"] or row["controls"]]


def winback_figures(business: Business, horizon: int, rows: list[dict]) -> dict:
    def within(row: dict, start: datetime) -> bool:
        return row["back"] is not None and row["back"] <= start + horizon * DAY

    def worth(row: dict) -> tuple[float, float]:
        """MRR at the return, and what was received until the next loss."""
        stay = business.stay_at(row["customer_id"], row["back"])
        if stay is None:  # it came and went at one instant
            raise AssertionError(row)
        own = business.own(business.receipts, row["customer_id"])
        times = [
            one
            for one in own
            if row["back"] <= one["received_at"] and not (stay.ended_at and stay.ended_at <= one["received_at"])
        ]
        return stay.mrr_at(row["back"]), sum(one["received"] for one in times)

    lost = [row for row in rows if business.is_over(row["reached"] + horizon * DAY)]
    back = [row for row in lost if within(row, row["reached"])]
    days = [(row["back"] - row["stay"].ended_at) // DAY for row in back]
    result = {
        "lost": len(lost),
        "returned": len(back),
        **rate("return_rate", len(back), len(lost)),
        "median_days_to_return": float(statistics.median(days)) if days else None,
        "mrr_lost": sum(row["stay"].mrr_lost for row in lost) if lost else None,
        "mrr_won_back": sum(worth(row)[0] for row in back) if lost else None,
        "received": sum(worth(row)[1] for row in back) if lost else None,
    }
    counts = []
    for name, is_control in (("contacted", False), ("controls", True)):
        group = [
            row for row in rows
            if row["is_control"] is is_control and business.is_over(row["contacted_at"] + horizon * DAY)
        ]  # fmt: skip
        again = sum(within(row, row["contacted_at"]) for row in group)
        counts += [again, len(group)]
        result |= {name: len(group), f"returned_{name}": again, **rate(f"return_rate_{name}", again, len(group))}
    result["lift"], result["lift_lower"], result["lift_upper"] = newcombe(*counts)
    return result


def winback_queue(business: Business) -> list[dict]:
    """The rows of sync_winback_queue."""
    latest: dict[str, dict] = {}
    for row in winback_days(business):
        before = latest.get(row["customer_id"])
        if row["back"] is None and (before is None or before["winback_day"] < row["winback_day"]):
            latest[row["customer_id"]] = row
    queue = []
    for customer_id, row in latest.items():
        stage, stay = row["stage"], row["stay"]
        if stage["within_days"] and business.as_of >= row["reached"] + int(stage["within_days"]) * DAY:
            continue
        names = [stay.reason_code, row["reason_category"], "(any)"]
        offers = [
            (names.index(offer["reason"]), offer["value_band"] == "(any)", offer["offer"])
            for offer in business.seeds["winback_offers"]
            if offer["reason"] in names and offer["value_band"] in (row["value_band"], "(any)")
        ]
        if not min(offers)[2]:
            continue
        due_on = business.day(row["reached"]) + int(stage["due_days"]) * DAY
        contacts = [
            (one["contacted_at"], one["contact_id"], one["campaign"], one["channel"])
            for one in business.own(business.contacts, customer_id)
            if stay.ended_at < one["contacted_at"] and not one["is_control"]
        ]
        last = max(contacts, key=lambda one: one[:2], default=(None,) * 4)
        overdue = "overdue" if due_on < business.day(business.as_of) else "open"
        queue.append(
            {
                "customer_id": customer_id, "trigger_code": stage["trigger_code"], "winback_day": row["winback_day"],
                "churned_at": stay.ended_at, "days_since_loss": (business.as_of - stay.ended_at) // DAY,
                "churn_type": stay.churn_type, "reason_code": stay.reason_code,
                "reason_category": row["reason_category"],
                "is_preventable": row["is_preventable"], "mrr_lost": stay.mrr_lost, "value_band": row["value_band"],
                "offer": min(offers)[2], "due_on": due_on,
                "owner": business.customers[customer_id]["owner"] or stage["owner_role"],
                "status": {None: overdue, True: "held_out", False: "done"}[row["is_control"]],
                "last_contacted_at": last[0], "last_campaign": last[2], "last_channel": last[3],
            }
        )  # fmt: skip
    for row in queue:
        rivals = [one for one in queue if one["owner"] == row["owner"] and one["status"] in ("open", "overdue")]
        rivals.sort(key=lambda one: (-one["mrr_lost"], one["customer_id"]))
        row["priority"] = rivals.index(row) + 1 if row in rivals else None
        row["is_overdue"] = row["status"] == "overdue"
    return queue


def second_spells(business: Business) -> list[dict]:
    """The rows of rpt_second_spells."""
    curves: dict[tuple, list[cohort_oracle.Spell]] = defaultdict(list)
    for stays in business.stays.values():
        for number, stay in enumerate(stays[:2]):
            spell = cohort_oracle.Spell(((stay.ended_at or business.as_of) - stay.began_at) // DAY, stay.churn_type)
            curves["second" if number else "first", "all"].append(spell)
            if number:
                curves["second", stays[0].churn_type].append(spell)
    return [
        {"spell": spell, "first_churn_type": churn_type, **row}
        for (spell, churn_type), spells in curves.items()
        for row in cohort_oracle.survival_curve(spells)
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Plays and triggers
# ---------------------------------------------------------------------------------------------------------------------


def compared_tasks(business: Business) -> Iterator[tuple[str, tuple, bool, float]]:
    """Trigger, stratum, whether acted on, and value, of tasks that were open when the time to act was over."""
    for task in business.tasks:
        play = business.play(task["trigger_code"])
        at = task["triggered_at"] + int(play["due_days"]) * DAY
        if at > business.as_of or (task["closed_at"] and task["closed_at"] <= at):
            continue
        customer_id = task["customer_id"]
        value = outcome(business, play["metric"], customer_id, at)
        if value is not None:
            own = business.own(business.contacts, customer_id)
            acted_on = any(not row["is_control"] and task["triggered_at"] <= row["contacted_at"] <= at for row in own)
            month = business.day(task["triggered_at"]).replace(day=1)
            band = business.value_band(business.mrr_at(customer_id, at))
            yield (
                task["trigger_code"],
                (month, business.customers[customer_id]["customer_segment"], band),
                acted_on,
                value,
            )


def play_results(business: Business) -> list[dict]:
    """The rows of rpt_play_results; bounds of points are Student's, without the expansion of its quantile."""
    tasks: dict[str, list] = defaultdict(list)
    for trigger_code, *fact in compared_tasks(business):
        tasks[trigger_code].append(fact)
    contacts: dict[str, list] = defaultdict(list)
    for fact in contact_facts(business):
        if fact["value"] is not None:
            contacts[fact["trigger_code"]].append(((), not fact["is_control"], fact["value"]))
    return [
        play_row(business, play, contacts[play["trigger_code"]], tasks[play["trigger_code"]])
        for play in business.seeds["playbook"]
    ]


def play_row(business: Business, play: dict, contacts: list, tasks: list) -> dict:
    held_out = sum(not acted for _, acted, _ in contacts)
    both = {stratum for stratum, acted, _ in tasks if acted} & {stratum for stratum, acted, _ in tasks if not acted}
    if held_out >= LEAST_CONTROLS and len(contacts) > held_out:
        method, facts = "control_group", contacts
    elif both:
        method, facts = "matched", tasks
    else:
        method = "none"
        of_contacts = any(acted for _, acted, _ in contacts), any(acted for _, acted, _ in tasks)
        facts = contacts if of_contacts[0] or (contacts and not of_contacts[1]) else tasks
    unit = business.metric(play["metric"])["unit"]
    sides = {acted: [value for _, one, value in facts if one == acted] for acted in (True, False)}
    row = {
        "trigger_code": play["trigger_code"], "metric": play["metric"], "unit": unit, "method": method,
        "acted_on": len(sides[True]), "not_acted_on": len(sides[False]),
        "acted_on_value": statistics.fmean(sides[True]) if sides[True] else None,
        "not_acted_on_value": statistics.fmean(sides[False]) if sides[False] else None,
        "n": 0, "effect": None, "effect_lower": None, "effect_upper": None,
    }  # fmt: skip
    if method != "none":
        row |= stratified(facts, unit)
    if method == "control_group" and unit == "share":
        counts = (int(sum(sides[True])), len(sides[True]), int(sum(sides[False])), len(sides[False]))
        _, row["effect_lower"], row["effect_upper"] = newcombe(*counts)
    return row


def stratified(facts: Iterable[tuple], unit: str) -> dict:
    strata: dict[tuple, dict[bool, list[float]]] = defaultdict(lambda: {True: [], False: []})
    for stratum, acted, value in facts:
        strata[stratum][acted].append(value)
    pairs = [(sides[True], sides[False]) for sides in strata.values() if sides[True] and sides[False]]
    weights = [len(ours) * len(others) / (len(ours) + len(others)) for ours, others in pairs]
    differences = [statistics.fmean(ours) - statistics.fmean(others) for ours, others in pairs]
    effect = math.sumprod(weights, differences) / sum(weights) if hasattr(math, "sumprod") else (
        sum(weight * one for weight, one in zip(weights, differences, strict=True)) / sum(weights)
    )  # fmt: skip
    half = None
    if unit == "share":
        variance = 0.0
        for ours, others in pairs:
            n, m, x, y = len(ours), len(others), sum(ours), sum(others)
            variance += effect * (n * n * y - m * m * x + n * m * (m - n) / 2) / (n + m) ** 2
            variance += (x * (m - y) + y * (n - x)) / (2 * (n + m))
        half = Z * math.sqrt(variance) / sum(weights) if variance > 1e-12 else None
        bounds = (max(-1.0, effect - half), min(1.0, effect + half)) if half else (None, None)
    else:
        degrees = sum(len(ours) + len(others) - 2 for ours, others in pairs)
        squares = sum((one - statistics.fmean(side)) ** 2 for pair in pairs for side in pair for one in side)
        if degrees >= 3 and squares > 1e-9:
            half = stats.t.ppf(0.975, degrees) * math.sqrt(squares / degrees / sum(weights))
        bounds = (effect - half, effect + half) if half else (None, None)
    return {
        "n": sum(len(ours) for ours, _ in pairs),
        "effect": effect,
        "effect_lower": bounds[0],
        "effect_upper": bounds[1],
    }


def times(business: Business, applies_to: str) -> Iterator[tuple[str, datetime, datetime | None]]:
    """Customer, begin and end of each time as a customer, or as a lost one."""
    for customer_id, stays in business.stays.items():
        if applies_to == "customers":
            yield from ((customer_id, stay.began_at, stay.ended_at) for stay in stays)
        else:
            yield from ((customer_id, stay.ended_at, back) for stay, back in business.losses(customer_id))


def trigger_review(business: Business, quarters: list[tuple[date, date]]) -> list[dict]:
    """The rows of rpt_trigger_review for these quarters, [start, end)."""
    rows = []
    for (start, end), play in product(quarters, business.seeds["playbook"]):
        tasks = [task for task in business.tasks if task["trigger_code"] == play["trigger_code"]]
        ours = [task for task in tasks if start <= business.day(task["triggered_at"]) < end]
        everyone = [task for task in business.tasks if start <= business.day(task["triggered_at"]) < end]
        judged = [task for task in ours if business.is_over(task["triggered_at"] + REVIEW_DAYS * DAY)]
        spans = list(times(business, play["applies_to"]))
        followed = sum(
            any(
                customer_id == task["customer_id"] and ended
                and task["triggered_at"] < ended <= task["triggered_at"] + REVIEW_DAYS * DAY
                for customer_id, _, ended in spans
            )
            for task in judged
        )  # fmt: skip
        happened = [span for span in spans if span[2] and start <= business.day(span[2]) < end]
        leads = []
        for customer_id, began, ended in happened:
            announcing = [
                task["triggered_at"] for task in tasks
                if task["customer_id"] == customer_id and began <= task["triggered_at"] < ended
                and not (task["closed_at"] and task["closed_at"] < ended - REVIEW_DAYS * DAY)
            ]  # fmt: skip
            if announcing:
                leads.append((ended - min(announcing)) // DAY)
        there = [
            ended and business.day(ended) for _, began, ended in spans
            if business.day(began) < start and not (ended and business.day(ended) < start)
        ]  # fmt: skip
        until = start + REVIEW_DAYS * DAY
        base = oracle.ratio(sum(day is not None and day < until for day in there), len(there))
        base = base if until <= business.day(business.as_of) else None
        row = {
            "period_start": start, "trigger_code": play["trigger_code"], "tasks": len(ours),
            "customers": len({task["customer_id"] for task in ours}),
            "share_of_tasks": oracle.ratio(len(ours), len(everyone)),
            "is_never_fired": not any(business.day(task["triggered_at"]) < end for task in tasks),
            "happened": len(happened), "announced": len(leads), **rate("recall_rate", len(leads), len(happened)),
            "tasks_judged": len(judged), "tasks_followed": followed,
            **rate("precision_rate", followed, len(judged)),
            "median_lead_days": float(statistics.median(leads)) if leads else None,
            "base_rate": base,
        }  # fmt: skip
        row["lift"] = row["precision_rate"] / base if row["precision_rate"] is not None and base else None
        rows.append(row)
    return rows
