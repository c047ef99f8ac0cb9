"""A plain-Python reading of stages, usage retention and onboarding, to compare the warehouse with.

Customers come from the oracle, which replays their events one at a time. Stages are read by going through the days of a
customer; retention and onboarding by asking one customer after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import zip_longest

import oracle

DAY = timedelta(days=1)
ONBOARDING_DAYS = 90
LISTED_DAYS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365)


Days = tuple[date, date | None]


def stage_at(moment: oracle.Moment, day: date, joined: list[date], was_on_trial: bool, ending: list[Days]) -> str:
    """The stage of a customer that is so at the end of a day, after it became a customer on the days of `joined`.

    `ending`: when its terms were about to end, the first day and the first one after.
    """
    if moment.is_active:
        subscriptions = moment.subscriptions.values()
        if not any(sub.is_active() and sub.state == oracle.LIVE for sub in subscriptions):
            return "paused"
        if any(sub.failed_at for sub in subscriptions):
            return "past_due"
        if (day - joined[-1]).days >= ONBOARDING_DAYS:
            is_due = any(since <= day and (until is None or day < until) for since, until in ending)
            return "renewal" if is_due else "established"
        return "onboarding" if len(joined) == 1 else "returned"
    if any(sub.state == oracle.TRIALING for sub in moment.subscriptions.values()):
        return "trial"
    return "lost" if joined or was_on_trial else "prospect"


def stages_of(
    history: list[oracle.Moment], created_on: date | None, today: date, ending: list[Days]
) -> Iterator[tuple[date, str]]:
    """Day and stage for each day on which a customer enters one."""
    known = [moment.local_date for moment in history if any(map(is_seen, moment.subscriptions.values()))]
    known += [created_on] if created_on else []
    if not known:
        return
    joined: list[date] = []
    was_active = was_on_trial = False
    stage = None
    day = min(known)
    while day <= today:
        moment = oracle.state_before(history, day + DAY)
        if moment.is_active and not was_active:
            joined.append(day)
        was_active = moment.is_active
        now = stage_at(moment, day, joined, was_on_trial, ending)
        was_on_trial = was_on_trial or now == "trial"
        if now != stage:
            stage = now
            yield day, stage
        day += DAY


def is_seen(subscription: oracle.Subscription) -> bool:
    """Whether it puts its customer into a stage: a trial, or what makes it a customer."""
    return subscription.state == oracle.TRIALING or subscription.is_active()


def lifecycle_stages(
    customers: list[oracle.Customer],
    created: dict[str, datetime],
    as_of: datetime,
    settings: oracle.Settings,
    ending: dict[str, list[Days]],
) -> list[dict]:
    """The rows of fct_lifecycle_stages. `ending`: when terms were about to end, by customer."""
    today = oracle.local_date_of(as_of, settings.reporting_timezone)
    histories = {customer.customer_id: customer.history for customer in customers}
    rows = []
    for customer_id in histories.keys() | created.keys():
        at = created.get(customer_id)
        created_on = oracle.local_date_of(at, settings.reporting_timezone) if at and at <= as_of else None
        entered = list(stages_of(histories.get(customer_id, []), created_on, today, ending.get(customer_id, [])))
        rows += [
            {"customer_id": customer_id, "entered_on": day, "stage": stage, "left_on": left_on}
            for (day, stage), (left_on, _) in zip_longest(entered, entered[1:], fillvalue=(None, None))
        ]
    return rows


def segments_without_plan(customer: oracle.Customer) -> list[oracle.Segment]:
    """The segments by attributes as known now."""
    return [("all", "all"), *((name, customer.attributes[name]) for name in oracle.ATTRIBUTE_SEGMENTS)]


def usage_retention(
    customers: list[oracle.Customer], segments_of, used: dict[str, set[date]], as_of: datetime, timezone: str
) -> list[dict]:
    """The rows of rpt_usage_retention. `used` holds the days of use by customer."""
    today = oracle.local_date_of(as_of, timezone)
    used = {customer_id: {day for day in days if day <= today} for customer_id, days in used.items()}
    first_use = min((day for days in used.values() for day in days), default=None)
    counts: dict[tuple, list[int]] = defaultdict(lambda: [0, 0])
    for customer in customers:
        if not first_use or not oracle.activations(customer.history):
            continue
        start = oracle.activations(customer.history)[0].local_date
        cohort = start.replace(day=1)
        if cohort < first_use.replace(day=1):
            continue
        ages = {(day - start).days for day in used.get(customer.customer_id, ())}
        for before, listed in zip((-1, *LISTED_DAYS), LISTED_DAYS, strict=False):
            if oracle.add_months(cohort, 1) + listed * DAY > today:
                break
            is_active = {
                "n_day": listed in ages,
                "bracket": any(before < age <= listed for age in ages),
                "on_or_after": any(age >= listed for age in ages),
            }
            for segment in segments_of(customer):
                for definition, active in is_active.items():
                    tally = counts[cohort, *segment, listed, definition]
                    tally[0] += 1
                    tally[1] += active
    key = ("cohort_start", "segment_type", "segment_value", "period_number", "definition")
    rows = []
    for values, (size, active) in counts.items():
        lower, upper = oracle.wilson(active, size)
        rates = {"retention_rate": active / size, "retention_rate_lower": lower, "retention_rate_upper": upper}
        counted = {"customers_in_cohort": size, "customers_active": active}
        rows.append(dict(zip(key, values, strict=True)) | counted | rates)
    return rows


def was_customer_at(history: list[oracle.Moment], at: datetime) -> bool:
    """After all that happened up to an instant, it included."""
    return next((moment.is_active for moment in reversed(history) if moment.at <= at), False)


def quantile(values: list[float], share: float) -> float | None:
    """By linear interpolation; None of nothing."""
    if not values:
        return None
    values = sorted(values)
    position = share * (len(values) - 1)
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return values[low] + (position - low) * (values[high] - values[low])


def onboarding(
    customers: list[oracle.Customer], milestones: list[dict], as_of: datetime, settings: oracle.Settings
) -> list[dict]:
    """The rows of rpt_onboarding. A milestone has its times, or None."""
    known = {customer.customer_id: customer for customer in customers}
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for milestone in milestones:
        customer = known.get(milestone["customer_id"])
        history = customer.history if customer else []
        joined = next((moment for moment in history if any(map(is_seen, moment.subscriptions.values()))), None)
        if joined is None:
            continue
        due, reached = (
            time if time and time <= as_of else None for time in (milestone["due_at"], milestone["reached_at"])
        )
        losses = [now.at for was, now in oracle.with_previous(history) if was.is_active and not now.is_active]
        judged = due is not None and due + 90 * DAY <= as_of and was_customer_at(history, due)
        fact = {
            "due": due is not None,
            "in_time": bool(due and reached and reached <= due),
            "days": max((reached - joined.at) / DAY, 0.0) if reached else None,
            "seen": (as_of - joined.at) / DAY,
            "lost": any(due < at <= due + 90 * DAY for at in losses) if judged else None,
        }
        for segment in segments_without_plan(customer):
            groups[joined.local_date.replace(day=1), *segment, milestone["milestone"]].append(fact)
    key = ("cohort_start", "segment_type", "segment_value", "milestone")
    return [dict(zip(key, values, strict=True)) | funnel(facts) for values, facts in groups.items()]


def with_rate(names: tuple[str, str, str], part: int, whole: int) -> dict:
    """Two counts, their quotient and its interval."""
    lower, upper = oracle.wilson(part, whole)
    whole_name, part_name, rate = names
    return {
        whole_name: whole, part_name: part, rate: oracle.ratio(part, whole),
        f"{rate}_lower": lower, f"{rate}_upper": upper,
    }  # fmt: skip


def funnel(facts: Iterable[dict]) -> dict:
    """The figures of the customers with a milestone."""
    facts = list(facts)
    days = [fact["days"] for fact in facts if fact["days"] is not None]
    row = with_rate(("customers", "reached", "reached_rate"), len(days), len(facts))
    due, in_time = (sum(fact[name] for fact in facts) for name in ("due", "in_time"))
    row |= with_rate(("due", "reached_in_time", "in_time_rate"), in_time, due)
    for name, limit in (("first_week", 7), ("first_90_days", 90)):
        seen = [fact["days"] for fact in facts if fact["seen"] >= limit]
        reached = sum(took is not None and took <= limit for took in seen)
        row |= with_rate((f"seen_{name}", f"reached_{name}", f"{name}_rate"), reached, len(seen))
    for name, is_in_time in (("in_time", True), ("not_in_time", False)):
        lost = [fact["lost"] for fact in facts if fact["lost"] is not None and fact["in_time"] == is_in_time]
        row |= with_rate((f"judged_{name}", f"lost_{name}", f"churn_rate_{name}"), sum(lost), len(lost))
    for name, share in (("median", 0.5), ("p90", 0.9)):
        value = quantile(days, share)
        row[f"days_to_reach_{name}"] = None if value is None else round(value, 9)
    return row
