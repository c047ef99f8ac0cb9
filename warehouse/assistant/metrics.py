"""The metrics that can be asked for: what each is called and means (seeds/labels.csv), and where its value stands.

Which column of which report a metric is says macros/playbooks/metrics.sql, the list that red flags and targets go by;
those that no flag may be set on stand here.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import jinja2

from warehouse.boards.words import LANGUAGES, Words, read_words
from warehouse.places import PROJECT

METRICS_FILE = PROJECT / "macros" / "playbooks" / "metrics.sql"
GRAINS = ("day", "week", "month", "quarter", "year")
FURTHER: dict[str, dict] = {
    "preventable_share": {"report": "rpt_preventable_churn"},
    "mrr_moved": {"report": "rpt_mrr_movements"},
    "csat": {"report": "rpt_survey_scores", "where": "report.survey_type = 'csat'"},
    "ces_mean": {"report": "rpt_survey_scores", "where": "report.survey_type = 'ces'"},
}
# How many customers, answers or cases a share or mean of a report is of, and where a metric's are others.
CASES_OF_REPORT = {
    "rpt_churn_rates": "customers_start",
    "rpt_retention_rates": "customers_start",
    "rpt_preventable_churn": "customers_start",
    "rpt_nps": "respondents",
    "rpt_survey_scores": "respondents",
    "rpt_repeat_purchases": "buying_customers",
}
CASES = {
    "preventable_share": "customers_churned - customers_churned_unexplained",
    "response_rate": "sent_count",
    "recovery_rate": "recovered + lost",
    "resume_rate": "resumed + lost",
    "renewal_rate": "resumed_long_ago",
}
ESTIMATES = (
    "percent",
    "score",
    "decimal",
)  # formats of what is a share or mean of cases; others are counts and amounts


@dataclass(frozen=True)
class Metric:
    """A metric: SQL over a row of its report for its value, for how many cases it is of and for why it is null."""

    key: str
    report: str
    value: str
    where: str
    grains: tuple[str, ...]
    cases: str
    null_reason: str
    format: str
    direction: str
    definition: str


@cache
def metrics() -> Mapping[str, Metric]:
    """Every metric of a period and segment by its key, in the order of seeds/labels.csv."""
    words = read_words()["en"]
    asked = {
        name: {**metric, "report": report, "where": has.get("where", "true"), "grains": has.get("grains", GRAINS)}
        for report, has in _metrics_by_report().items()
        for name, metric in has["metrics"].items()
    }
    known = {key: {**FURTHER.get(key, {}), **asked.get(key, {})} for key in words.keys_of("metric")}
    return {key: _metric(key, is_, words) for key, is_ in known.items() if is_}


def _metric(key: str, is_: Mapping, words: Words) -> Metric:
    says = words.metric(key)
    cases = CASES.get(key) or CASES_OF_REPORT.get(is_["report"]) if says["format"] in ESTIMATES else None
    return Metric(
        key=key,
        report=is_["report"],
        value=is_.get("is", key),
        where=is_.get("where", "true"),
        grains=tuple(is_.get("grains", GRAINS)),
        cases=cases or "null",
        null_reason=is_.get("null_is", "'no_value'"),
        format=says["format"],
        direction=says["direction"],
        definition=says["definition"],
    )


def find(asked: str, named: Mapping[str, Iterable[str]]) -> tuple[str | None, list[str]]:
    """The key that is called so, by itself or a name in any language; else None, and the keys whose names are nearest.

    Args:
        asked: a key or name, in any case.
        named: the names of each key.
    """
    key_of = {_folded(name): key for key, names in named.items() for name in (*names, key)}
    if found := key_of.get(_folded(asked)):
        return found, []
    near = difflib.get_close_matches(_folded(asked), key_of, n=8, cutoff=0.5)
    within = [name for name in key_of if len(_folded(asked)) > 2 and _folded(asked) in name]
    return None, list(dict.fromkeys(key_of[name] for name in (*near, *within)))[:5]


def names(key: str, kind: str, words: Mapping[str, Words]) -> list[str]:
    """What a code is called in every language."""
    return [words[language].label(kind, key) for language in LANGUAGES]


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").replace("\u200c", " ").split())


class _Returned(Exception):
    """What a macro of dbt returns."""


def _metrics_by_report() -> dict[str, dict]:
    def give(value: object) -> None:
        raise _Returned(value)

    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    module = environment.from_string(METRICS_FILE.read_text(encoding="utf-8"), globals={"return": give}).module
    try:
        module.metrics_by_report()
    except _Returned as returned:
        return returned.args[0]
    raise RuntimeError(f"{METRICS_FILE} returns no metrics")
