"""A plain-Python reading of renewals: each beginning of a term (terms_oracle) is followed, one term after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import actions_oracle
import cohort_oracle
import oracle
import playbooks_oracle
from terms_oracle import Begin, active_times, begins, history_of

GRACE_DAYS = 60
STAGE_DAYS = 30
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Term:
    """A term that is followed until it is decided, or until the moment of the report."""

    began_at: datetime
    ends_on: date
    outcome: str
    settled_at: datetime | None
    days_late: int | None


def terms(begin: Begin, as_of: datetime, zone: str) -> Iterator[Term]:
    """The terms from a beginning on, those that went on by nobody's doing too, each with what it came to."""
    today, first_on = oracle.local_date_of(as_of, zone), oracle.local_date_of(begin.at, zone)
    event_at = begin.renewed_at or begin.ended_at
    event_on = event_at and oracle.local_date_of(event_at, zone)
    began_at, number = begin.at, 1
    while True:
        ends_on = begin.length.after(first_on, number)
        decided_by = ends_on + GRACE_DAYS * DAY
        if event_on and event_on <= decided_by:
            late = max((event_on - ends_on).days, 0) if begin.renewed_at else None
            yield Term(began_at, ends_on, "renewed" if begin.renewed_at else "lost", event_at, late)
            return
        if today <= decided_by:
            yield Term(began_at, ends_on, "open", None, None)
            return
        over_at = actions_oracle.midnight(ends_on + DAY, zone)
        yield Term(began_at, ends_on, "rolled_over", over_at, None)
        began_at, number = over_at, number + 1


def read(tables: dict, settings: oracle.Settings) -> tuple[playbooks_oracle.Business, dict[str, list[dict]]]:
    """The business of raw tables, and the rows of each subscription as landed, up to its moment."""
    business = playbooks_oracle.read_business({"orders": [], **tables}, settings)
    landed: dict[str, list[dict]] = defaultdict(list)
    for row in cohort_oracle.accepted(tables, settings)[0]:
        if row.values["occurred_at"] <= business.as_of:
            landed[row.values["subscription_id"]].append(row.values)
    return business, landed


def ending(business: playbooks_oracle.Business, landed: dict[str, list[dict]]) -> dict[str, list[tuple]]:
    """By customer when terms were about to end: the first day, and the first one after, null = they are."""
    zone, found = business.settings.reporting_timezone, defaultdict(list)
    for key, events in business.subscriptions.items():
        for begin in begins(landed[key], active_times(history_of(events, business.settings))):
            times = [at for at in (begin.renewed_at, begin.ended_at) if at]
            began_at, number, decided_at = begin.at, 1, min(times) if times else None
            while begin.is_long and began_at <= business.as_of and (decided_at is None or began_at < decided_at):
                ends_on = begin.length.after(business.day(begin.at), number)
                over_at = actions_oracle.midnight(ends_on + DAY, zone)
                until = min([at for at in (decided_at, over_at) if at])
                until_on = business.day(until) if until <= business.as_of else None
                since = max(ends_on - STAGE_DAYS * DAY, business.day(began_at))
                if since <= business.day(business.as_of):
                    found[business.owners[key]].append((since, until_on))
                began_at, number = over_at, number + 1
    return found


def facts(business: playbooks_oracle.Business, landed: dict[str, list[dict]], replaced: set[tuple]) -> Iterator[dict]:
    """Every term with its money and segments. `replaced` has the ends that another subscription took the place of."""
    zone = business.settings.reporting_timezone
    for key, events in business.subscriptions.items():
        history = history_of(events, business.settings)
        for begin in filter(lambda begin: begin.is_long, begins(landed[key], active_times(history))):
            for term in terms(begin, business.as_of, zone):
                at = term.settled_at
                due = [state for when, state in history if when < at] if at else [state for _, state in history]
                after = [state for when, state in history if at and when <= at]
                went_on = term.outcome in ("renewed", "rolled_over")
                yield {
                    "subscription_id": key,
                    "began_at": term.began_at,
                    "customer_id": business.owners[key],
                    "on": term.ends_on,
                    "segments": [
                        *business.segments(business.owners[key]),
                        ("plan", due[-1].plan_id or oracle.NO_VALUE),
                    ],
                    "outcome": term.outcome,
                    "days_late": term.days_late,
                    "is_replaced": term.outcome == "lost" and (key, at) in replaced,
                    "is_asked_to_end": due[-1].request is not None,
                    "mrr": due[-1].current_mrr(),
                    "mrr_renewed": after[-1].current_mrr() if went_on else Decimal(0),
                }


def renewals(business: playbooks_oracle.Business, every: list[dict]) -> list[dict]:
    """The rows of rpt_renewals."""
    rows, today = [], business.day(business.as_of)
    for columns, own in playbooks_oracle.by_period_and_segment(business, [one for one in every if one["on"] <= today]):
        renewed = [one for one in own if one["outcome"] in ("renewed", "rolled_over")]
        lost = [one for one in own if one["outcome"] == "lost"]
        late = [one["days_late"] for one in renewed if one["days_late"]]
        still_open = [one for one in own if one["outcome"] == "open"]
        mrr_renewed = sum((one["mrr_renewed"] for one in own), Decimal(0))
        rows.append({
            **columns,
            "due": len(own),
            "renewed": len(renewed),
            "renewed_on_time": sum(one["days_late"] == 0 for one in renewed),
            "renewed_late": len(late),
            "rolled_over": sum(one["outcome"] == "rolled_over" for one in own),
            "lost": len(lost),
            "lost_replaced": sum(one["is_replaced"] for one in lost),
            "open": len(still_open),
            **playbooks_oracle.rate_columns("renewal_rate", len(renewed), len(renewed) + len(lost)),
            "mean_days_late": sum(late) / len(late) if late else None,
            "mrr_due": playbooks_oracle.money(own),
            "mrr_lost": playbooks_oracle.money(lost),
            "mrr_open": playbooks_oracle.money(still_open),
            "mrr_renewed": mrr_renewed,
            "mrr_renewal_rate": oracle.ratio(mrr_renewed, playbooks_oracle.money(renewed + lost)),
        })  # fmt: skip
    return rows


def upcoming(business: playbooks_oracle.Business, every: list[dict]) -> list[dict]:
    """The rows of rpt_upcoming_renewals."""
    today, groups = business.day(business.as_of), defaultdict(list)
    for one in every:
        for days in (30, 60, 90):
            if one["outcome"] == "open" and today < one["on"] <= today + days * DAY:
                for segment in one["segments"]:
                    groups[days, *segment].append(one)
    rows = []
    for (days, *segment), own in groups.items():
        pending = [one for one in own if one["is_asked_to_end"]]
        rows.append({
            "within_days": days,
            "segment_type": segment[0],
            "segment_value": segment[1],
            "due": len(own),
            "customers": len({one["customer_id"] for one in own}),
            "cancel_pending": len(pending),
            "mrr_due": playbooks_oracle.money(own),
            "mrr_cancel_pending": playbooks_oracle.money(pending),
        })  # fmt: skip
    return rows
