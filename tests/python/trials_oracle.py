"""A plain-Python reading of trials: it goes through a customer's events one instant after the other.

At each instant it knows what every subscription was before and is after, which trials are on, and what was started.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import oracle
from engagement_oracle import with_rate

DAY = timedelta(days=1)
LIMITS = {"early": 7, "usual": 14, "late": 30}


@dataclass
class Trial:
    """A trial, when it was converted, and when it was over."""

    customer_id: str
    subscription_id: str
    began_at: datetime
    plan_id: str | None
    is_repeat: bool = False
    converted_at: datetime | None = None
    is_plan_tried: bool = False
    over_at: datetime | None = None

    @property
    def outcome(self) -> str:
        return "converted" if self.converted_at else "lost" if self.over_at else "open"

    def see_start(self, subscription_id: str, plan_id: str | None, at: datetime) -> None:
        """A subscription of the customer starts; of the instant of the beginning only the trial's own counts."""
        if at > self.began_at or subscription_id == self.subscription_id:
            self.converted_at = self.converted_at or at
            self.is_plan_tried = self.is_plan_tried or plan_id == self.plan_id


def trials_of(customer_id: str, events: list[oracle.Event], settings: oracle.Settings) -> list[Trial]:
    """The trials of one customer, the earliest first."""
    lives = oracle.lives_of(events, settings).values()
    ordered = sorted((event for life in lives for event in life), key=lambda event: event.occurred_at)
    new = oracle.Subscription(free_counts=settings.free_plans_are_customers)
    now: dict[str, oracle.Subscription] = {}
    trials: list[Trial] = []
    for at, of_instant in groupby(ordered, key=lambda event: event.occurred_at):
        before, tried = dict(now), set()
        for event in of_instant:
            was = now.get(event.subscription_id, new)
            if event.event_type == "trial_started" and was.state in (oracle.NONE, oracle.ENDED):
                tried.add(event.subscription_id)
            now[event.subscription_id] = oracle.apply(was, event)
        started = [key for key, sub in now.items() if sub.is_active() and not before.get(key, new).is_active()]
        for key in sorted(tried):
            if not (before.get(key, new).is_active() and now[key].is_active()):
                trials.append(Trial(customer_id, key, at, now[key].plan_id, is_repeat=bool(trials)))
        for trial in trials:
            if trial.over_at is None:
                for key in started:
                    trial.see_start(key, now[key].plan_id, at)
                own = now[trial.subscription_id]
                trial.over_at = at if own.is_active() or own.state == oracle.ENDED else None
    return trials


def every_trial(events: list[oracle.Event], settings: oracle.Settings) -> Iterator[Trial]:
    for customer_id, own in oracle.events_by_customer(events).items():
        yield from trials_of(customer_id, own, settings)


def milestones_reached(trial: Trial, milestones: list[dict]) -> int | None:
    """How many its customer had reached when it was decided; None = it is not, or the customer has none."""
    own = [row["reached_at"] for row in milestones if row["customer_id"] == trial.customer_id]
    decided_at = trial.converted_at or trial.over_at
    return sum(at is not None and at <= decided_at for at in own) if decided_at and own else None


def trial_conversion(
    trials: list[Trial], attributes: dict[str, dict], milestones: list[dict], as_of: datetime, timezone: str
) -> list[dict]:
    """The rows of rpt_trial_conversion."""
    groups: dict[tuple, list[Trial]] = defaultdict(list)
    for trial in trials:
        month = oracle.local_date_of(trial.began_at, timezone).replace(day=1)
        own = attributes.get(trial.customer_id, {})
        segments = [(name, own.get(name) or oracle.NO_VALUE) for name in oracle.ATTRIBUTE_SEGMENTS]
        for segment in (("all", "all"), *segments, ("plan", trial.plan_id or oracle.NO_VALUE)):
            groups[month, *segment].append(trial)
    return [
        dict(zip(("period_start", "segment_type", "segment_value"), key, strict=True)) | figures(own, milestones, as_of)
        for key, own in groups.items()
    ]


def figures(trials: list[Trial], milestones: list[dict], as_of: datetime) -> dict:
    counts = {kind: sum(trial.outcome == kind for trial in trials) for kind in ("converted", "lost", "open")}
    decided = counts["converted"] + counts["lost"]
    took = [(trial.converted_at - trial.began_at) // DAY for trial in trials if trial.converted_at]
    row = {"trials": len(trials), "repeat_trials": sum(trial.is_repeat for trial in trials), **counts}
    row |= with_rate(("_", "converted", "conversion_rate"), counts["converted"], decided)
    to_plan = sum(trial.is_plan_tried for trial in trials)
    row |= with_rate(("_", "converted_to_plan", "plan_conversion_rate"), to_plan, decided)
    del row["_"]
    row["median_days"] = float(statistics.median(took)) if took else None
    for name, days in LIMITS.items():
        seen = [trial for trial in trials if (as_of - trial.began_at) // DAY >= days]
        soon = sum(bool(t.converted_at) and (t.converted_at - t.began_at) // DAY <= days for t in seen)
        row |= with_rate((f"seen_{name}", f"converted_{name}", f"{name}_rate"), soon, len(seen))
    for kind in ("converted", "lost"):
        reached = [milestones_reached(trial, milestones) for trial in trials if trial.outcome == kind]
        known = [number for number in reached if number is not None]
        row[f"{kind}_with_milestones"] = len(known)
        row[f"mean_milestones_{kind}"] = sum(known) / len(known) if known else None
    return row
