"""A question for a metric, answered by the mart that has it: value, definition, period and interval, or a refusal."""

from __future__ import annotations

import csv
import datetime
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from warehouse.assistant.asked_periods import EXAMPLES, Period, UnclearPeriodError, find_period
from warehouse.assistant.metrics import Metric, find, metrics, names
from warehouse.assistant.queries import can_be_asked
from warehouse.boards.words import Words, read_words
from warehouse.catalog import read_marts
from warehouse.places import PROJECT
from warehouse.workbooks import FORMATS

SENTENCES = Path(__file__).with_name("words.yml")
READ_ONLY = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "memory_limit": "500MB",
    "lock_configuration": True,
}
SYMBOLS = str.maketrans(".,%", "\u066b\u066c\u066a")  # as Arabic and Persian numbers have them
SEGMENTS_SHOWN = 50


class RefusedError(Exception):
    """There is no answer: a code, and a sentence of words.yml with what it says."""

    def __init__(self, code: str, nearest: Sequence[str] = (), **says: object) -> None:
        super().__init__(code)
        self.code, self.nearest, self.says = code, list(nearest), says


@dataclass(frozen=True)
class Figure:
    """A row of a report: the value of a metric in a period, its interval, and how many cases it is of."""

    start: datetime.date
    value: float | None
    lower: float | None
    upper: float | None
    cases: int | None
    null_reason: str | None


class Answers:
    """Answers from a published file, opened anew for this one question: the next one reads what is published then."""

    def __init__(self, published: Path, language: str) -> None:
        self._connection = duckdb.connect(str(published), read_only=True, config=READ_ONLY)
        self.marts = read_marts(self._connection)
        self.words = words()[language]

    def __enter__(self) -> Answers:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    # -- what there is

    def list_metrics(self) -> list[dict[str, Any]]:
        """Every metric that the file has: what it is called and means, and where it stands."""
        return [
            {
                "metric": metric.key,
                "name": self.words.label("metric", metric.key),
                "definition": metric.definition,
                "unit": self._unit(metric),
                "better": metric.direction,
                "grains": list(metric.grains),
                "mart": metric.report,
                "has_interval": self._interval(metric) != ("null", "null"),
            }
            for metric in metrics().values()
            if metric.report in self.marts
        ]

    def list_segments(self, metric: Metric) -> dict[str, list[dict[str, str]]]:
        """By segment type, its values with their names: those of the metric's report, the first SEGMENTS_SHOWN."""
        return {
            kind: [{"value": value, "name": self._segment(kind, value)} for value in values[:SEGMENTS_SHOWN]]
            for kind, values in self._segments(metric).items()
        }

    def describe(self, name: str) -> dict[str, Any]:
        """What a mart is: its question, grain, rules and columns. Raises RefusedError."""
        mart = self.marts.get(name.removeprefix("marts."))
        if mart is None:
            raise RefusedError("unknown_mart", difflib.get_close_matches(name, self.marts, n=5, cutoff=0.4), asked=name)
        ((rows,),) = self._rows(f"select count(*) from {mart.relation}")
        return {
            "mart": mart.name,
            "rows": rows,
            **{heading.lower().replace(" ", "_"): text for heading, text in mart.facts.items()},
            "columns": [{"name": c.name, "type": c.data_type, "meaning": c.meaning} for c in mart.columns],
            "can_be_queried": can_be_asked(mart),
            "as_of": mart.as_of,
            "currency": mart.currency,
        }

    # -- one question

    def find_metric(self, asked: str) -> Metric:
        """The metric of that key, or of that name in any language. Raises RefusedError."""
        named = {key: names(key, "metric", words()) for key in metrics()}
        key, nearest = find(asked, named)
        if key is None or metrics()[key].report not in self.marts:
            raise RefusedError("unknown_metric", nearest, asked=asked)
        return metrics()[key]

    def answer(
        self, metric: Metric, grain: str, asked: str | None, segment: tuple[str, str | None], include_open_period: bool
    ) -> dict[str, Any]:
        """The value of a metric in a period and segment. Raises RefusedError, which says why there is none."""
        name = self.words.label("metric", metric.key)
        if grain not in metric.grains:
            grains = ", ".join(self.words.label("grain", known) for known in metric.grains)
            raise RefusedError("grain_not_available", metric.grains, metric=name, names=grains)
        periods = self._periods(grain)
        period = self._period(grain, asked, periods, include_open_period)
        kind, value = self._find_segment(metric, *segment)
        figures = {figure.start: figure for figure in self._figures(metric, grain, kind, value)}
        about = {"metric": name, "segment": self._segment(kind, value), "period": self._called(period)}
        figure = figures.get(period.start)
        if figure is None:
            raise RefusedError("no_figures", **about)
        if figure.value is None:
            raise RefusedError("no_value", why=figure.null_reason, **about)
        least = thresholds()["answer_least_cases"]
        if figure.cases is not None and figure.cases < least:
            raise RefusedError("too_few", cases=self.number(figure.cases), least=self.number(least), **about)
        return self._told(metric, period, periods, (kind, value), figures, about)

    def refusal(self, refused: RefusedError) -> dict[str, Any]:
        """A refusal as it is told: its code, why, and the names that are nearest."""
        says = {key: self._localised(str(value)) if key == "example" else value for key, value in refused.says.items()}
        reason = self._sentence(refused.code, **says)
        if refused.nearest and refused.code.startswith("unknown"):
            reason += " " + self._sentence("nearest", names=", ".join(refused.nearest))
        return {"refused": refused.code, "reason": reason, "nearest": refused.nearest, "as_of": self._as_of()}

    def number(self, value: float, format: str = "integer") -> str:
        """A number as it is written in the language."""
        places = len(FORMATS[format].partition(".")[2].rstrip("%"))
        return self._localised(f"{value:,.{places}%}" if format == "percent" else f"{value:,.{places}f}")

    def _told(
        self,
        metric: Metric,
        period: Period,
        periods: Sequence[Period],
        segment: tuple[str, str],
        figures: Mapping[datetime.date, Figure],
        about: Mapping[str, str],
    ) -> dict[str, Any]:
        figure, mart = figures[period.start], self.marts[metric.report]
        told = {"value": self._amount(metric, figure.value)}
        kind = "answer"
        if figure.lower is not None and figure.upper is not None:
            kind = "answer_with_interval"
            told |= {side: self._amount(metric, getattr(figure, side)) for side in ("lower", "upper")}
        text = self._sentence(kind, **about, **told)
        if not period.is_complete:
            text += " " + self._sentence("still_open", as_of=self._localised(str(mart.as_of)))
        return {
            "answer": text,
            "metric": metric.key,
            "name": about["metric"],
            "definition": metric.definition,
            "value": figure.value,
            "unit": self._unit(metric),
            "interval": {"lower": figure.lower, "upper": figure.upper, "level": 0.95} if "lower" in told else None,
            "cases": figure.cases,
            "period": {**_dates(period), "name": about["period"], "is_complete": period.is_complete},
            "segment": {"type": segment[0], "value": segment[1], "name": about["segment"]},
            "compared_with": {
                "period_before": self._before(period, periods, figures, period.start - datetime.timedelta(days=1)),
                "year_before": self._before(period, periods, figures, _year_before(period.start)),
            },
            "better": metric.direction,
            "source": {
                "mart": metric.report,
                "column": metric.value,
                "row": {"period_grain": period.grain, "period_start": str(period.start)}
                | {"segment_type": segment[0], "segment_value": segment[1]},
            },
            "as_of": self._as_of(),
        }

    @staticmethod
    def _before(
        period: Period, periods: Sequence[Period], figures: Mapping[datetime.date, Figure], day: datetime.date
    ) -> dict[str, Any] | None:
        """The value in the period of a day before, and the change since; null where there is none."""
        then = next((other for other in periods if other.start <= day < other.end), None)
        figure = figures.get(then.start) if then else None
        if figure is None or figure.value is None:
            return None
        return {**_dates(then), "value": figure.value, "change": figures[period.start].value - figure.value}

    # -- what the file has

    def _periods(self, grain: str) -> list[Period]:
        query = (
            "select period_grain, period_label, period_start, period_end, is_complete_period "
            f"from {self.marts['rpt_headline'].relation} where period_grain = ? order by period_start"
        )
        return [Period(*row) for row in self._rows(query, [grain])]

    def _period(self, grain: str, asked: str | None, periods: Sequence[Period], include_open_period: bool) -> Period:
        grain_name = self.words.label("grain", grain)
        try:
            period = find_period(asked, periods)
        except UnclearPeriodError as error:
            raise RefusedError("unclear_period", asked=asked, grain=grain_name, example=EXAMPLES[grain]) from error
        if period is None and not asked:
            raise RefusedError("no_complete_period", grain=grain_name)
        if period is None:
            ends = [self._called(periods[place]) for place in (0, -1)] if periods else ["-", "-"]
            raise RefusedError("no_such_period", asked=asked, first=ends[0], last=ends[1])
        if not period.is_complete and not include_open_period:
            last = find_period(None, periods)
            raise RefusedError(
                "open_period",
                [last.label] if last else [],
                period=self._called(period),
                as_of=self._localised(str(self._as_of())),
                last=self._called(last) if last else "-",
            )
        return period

    def _segments(self, metric: Metric) -> dict[str, list[str]]:
        query = (
            f"select distinct segment_type, segment_value from {self.marts[metric.report].relation} as report "
            f"where {metric.where} order by segment_type, segment_value"
        )
        found: dict[str, list[str]] = {}
        for kind, value in self._rows(query):
            found.setdefault(kind, []).append(value)
        return found

    def _find_segment(self, metric: Metric, kind: str, value: str | None) -> tuple[str, str]:
        segments, name = self._segments(metric), self.words.label("metric", metric.key)
        found, nearest = find(kind, {known: names(known, "segment_type", words()) for known in segments})
        if found is None:
            known = ", ".join(self.words.label("segment_type", other) for other in segments)
            raise RefusedError("unknown_segment_type", nearest, metric=name, asked=kind, names=known)
        if found == "all":
            return "all", "all"
        type_name = self.words.label("segment_type", found)
        if not value:
            raise RefusedError("segment_value_needed", segments[found][:SEGMENTS_SHOWN], type=type_name)
        named = {known: names(known, found, words()) for known in segments[found]}
        known, nearest = (value, []) if value in named else find(value, named)
        if known is None:
            raise RefusedError("unknown_segment", nearest, type=type_name, asked=value)
        return found, known

    def _figures(self, metric: Metric, grain: str, kind: str, value: str) -> list[Figure]:
        lower, upper = self._interval(metric)
        query = f"""
            select
                period_start,
                cast({metric.value} as double),
                cast({lower} as double),
                cast({upper} as double),
                cast({metric.cases} as bigint),
                {metric.null_reason}
            from {self.marts[metric.report].relation} as report
            where period_grain = ? and segment_type = ? and segment_value = ? and {metric.where}
        """
        return [Figure(*row) for row in self._rows(query, [grain, kind, value])]

    def _interval(self, metric: Metric) -> tuple[str, str]:
        columns = {column.name for column in self.marts[metric.report].columns}
        bounds = (f"{metric.key}_lower", f"{metric.key}_upper")
        return bounds if set(bounds) <= columns else ("null", "null")

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple]:
        return self._connection.execute(query, list(values)).fetchall()

    def _as_of(self) -> str | None:
        return next((mart.as_of for mart in self.marts.values()), None)

    # -- words

    def _sentence(self, key: str, **says: object) -> str:
        return sentences()[key][self.words.language].format(**says)

    def _localised(self, text: str) -> str:
        return text if self.words.language == "en" else self.words.digits(text.translate(SYMBOLS))

    def _segment(self, kind: str, value: str) -> str:
        return self.words.segment(kind, value)

    def _called(self, period: Period) -> str:
        if period.grain in ("month", "quarter", "year") and not period.label.startswith("FY"):
            return self.words.period(period.grain, period.start)
        return self.words.day(period.start) if period.grain == "day" else self.words.digits(period.label)

    def _unit(self, metric: Metric) -> str:
        currency = self.marts[metric.report].currency or "reporting currency"
        units = {"percent": "fraction", "money": currency, "integer": "count", "score": "points from -100 to 100"}
        return units.get(metric.format, metric.format)

    def _amount(self, metric: Metric, value: float) -> str:
        text = self.number(value, metric.format)
        currency = self.marts[metric.report].currency
        return f"{text} {currency}" if metric.format == "money" and currency else text


def _dates(period: Period) -> dict[str, str]:
    return {"grain": period.grain, "label": period.label, "start": str(period.start), "end": str(period.end)}


def _year_before(day: datetime.date) -> datetime.date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # the 29th of February
        return day.replace(year=day.year - 1, day=28)


@cache
def words() -> Mapping[str, Words]:
    """What codes are called in every language."""
    return read_words()


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """The sentences of answers and refusals, by language."""
    return yaml.safe_load(SENTENCES.read_text(encoding="utf-8"))


@cache
def thresholds() -> Mapping[str, float]:
    """The thresholds of seeds/thresholds.csv."""
    with (PROJECT / "seeds" / "thresholds.csv").open(encoding="utf-8", newline="") as file:
        return {row["threshold"]: float(row["value"]) for row in csv.DictReader(file)}
