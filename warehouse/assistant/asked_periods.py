"""Which period is meant: 2025-11, 2025 Q3, 2025 W48, 2025, a day within it, or the last complete one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from warehouse.boards.words import DIGITS

EXAMPLES = {"day": "2025-11-03", "week": "2025 W45", "month": "2025-11", "quarter": "2025 Q4", "year": "2025"}
OF_MONTHS = ("month", "quarter", "year")
LATIN = str.maketrans("".join(DIGITS.values()), "0123456789" * len(DIGITS))


@dataclass(frozen=True)
class Period:
    """A period of a grain; `end` is the first day after it."""

    grain: str
    label: str
    start: date
    end: date
    is_complete: bool


class UnclearPeriodError(ValueError):
    """What was asked for does not name one period of the grain."""


def find_period(asked: str | None, periods: Sequence[Period]) -> Period | None:
    """The period that is asked for; None when the file has none such.

    Args:
        asked: its label, a month (of a month or longer period), a day within it, or none: the last complete one.
        periods: those of the grain, in order.

    Raises:
        UnclearPeriodError: it is not written as a period of the grain.
    """
    if not asked or not asked.strip():
        return next((period for period in reversed(periods) if period.is_complete), None)
    written = _written(asked)
    for period in periods:
        if _written(period.label) == written:
            return period
    day = _day_within(written, periods[0].grain if periods else "day")
    return next((period for period in periods if period.start <= day < period.end), None)


def _written(text: str) -> str:
    return re.sub(r"[\s_]+", "", text.translate(LATIN).upper()).replace("-Q", "Q").replace("-W", "W")


def _day_within(written: str, grain: str) -> date:
    """A day of the period; raises UnclearPeriodError where a shorter one would have to be guessed."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
            return date.fromisoformat(written)
        if re.fullmatch(r"\d{4}-\d{2}", written) and grain in OF_MONTHS:
            return date.fromisoformat(f"{written}-01")
        if grain in ("quarter", "year") and (quarter := re.fullmatch(r"(\d{4})Q([1-4])", written)):
            return date(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
        if grain == "week" and (week := re.fullmatch(r"(\d{4})W(\d{1,2})", written)):
            return date.fromisocalendar(int(week[1]), int(week[2]), 1)
        if re.fullmatch(r"\d{4}", written) and grain == "year":
            return date(int(written), 1, 1)
    except ValueError as error:
        raise UnclearPeriodError(written) from error
    raise UnclearPeriodError(written)
