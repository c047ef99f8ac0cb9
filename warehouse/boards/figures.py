"""The figures of the boards: what the published file says of the periods and segments that a page can choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from warehouse.boards.entries import Board, BoardError, Entry
from warehouse.dbt_run import MARTS
from warehouse.disk import first_line
from warehouse.file_formats import sql_text

PERIODS_SHOWN = {"month": 36, "quarter": 12, "year": 5}
SEGMENTS_SHOWN = 6  # of each type, the largest
KEPT_DIGITS = 8  # of a number: more than any page shows

PERIODS = """
with periods as (
    select period_grain, period_start from marts.fct_segment_periods where is_complete_period
    union
    select period_grain, period_start from marts.rpt_nps where is_complete_period
)

select period_grain, period_start
from periods
where period_grain = ?
qualify row_number() over (order by period_start desc) <= ?
order by period_start
"""
# of the last complete month; before there is one, and without customers, by who answered
SEGMENTS = """
with sizes as (
    select segment_type, segment_value, customers_end as size
    from marts.fct_segment_periods
    where period_grain = 'month' and period_start = (
        select max(period_start) from marts.fct_segment_periods where period_grain = 'month' and is_complete_period
    )
    union all
    select segment_type, segment_value, 0.000001 * sum(respondents)
    from marts.rpt_nps
    group by segment_type, segment_value
),

ranked as (
    select
        segment_type,
        segment_value,
        sum(size) as size,
        row_number() over (partition by segment_type order by sum(size) desc, segment_value) as place
    from sizes
    where segment_value not in ('(none)', '(other)')
    group by segment_type, segment_value
)

select segment_type, segment_value
from ranked
where place <= ?
order by segment_type != 'all', segment_type, place
"""


@dataclass(frozen=True)
class Answer:
    """The rows of an entry's query."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


class Figures:
    """Asks a published file, read-only: no query of a board can write, or read another file.

    Args:
        published: DuckDB file of the marts.
    """

    def __init__(self, published: Path) -> None:
        self._connection = duckdb.connect()
        # so that marts.<table> names a table, whether it stands in a schema of that name or not (publishing.py)
        catalog = MARTS if published.stem == MARTS else "published"
        self._connection.execute(f"attach {sql_text(str(published))} as {catalog} (read_only)")
        self._connection.execute(f"use {catalog}")
        self._connection.execute("set enable_external_access = false")
        self._connection.execute("set lock_configuration = true")
        self._columns: dict[str, set[str]] = {}
        for table, column in self._connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = ?", [catalog]
        ).fetchall():
            self._columns.setdefault(table, set()).add(column)
        self.periods = [period for grain, n in PERIODS_SHOWN.items() for period in self._all(PERIODS, [grain, n])]
        self.segments = self._all(SEGMENTS, [SEGMENTS_SHOWN])
        self._keep("periods", "period_grain varchar, period_start date", self.periods)
        self._keep("segments", "segment_type varchar, segment_value varchar", self.segments)

    def __enter__(self) -> Figures:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def landed(self) -> set[str]:
        """The raw tables that have rows; orders that tell who is a customer stand for subscription_events too."""
        tables = "select raw_table from marts.rpt_event_reconciliation where raw_rows > 0"
        is_by_activity = "select 'subscription_events' from marts.rpt_churn_rates limit 1"
        return {name for (name,) in self._all(f"{tables} union ({is_by_activity})")}

    def as_of(self) -> date | None:
        """The day that the published figures look from: the last one that is not after as_of."""
        ((day,),) = self._all("select max(date_day) from marts.dim_dates where not is_after_as_of")
        return day

    def answer(self, board: Board, entry: Entry) -> Answer:
        """What an entry shows. Raises BoardError."""
        where = f"boards/{board.name}.yml, entry {entry.name}"
        try:
            query = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(entry.query)
            found = self._connection.execute(query.render(ref=self._ref, scoped=self._scoped))
            answer = Answer([column[0] for column in found.description], [_plain(row) for row in found.fetchall()])
        except (duckdb.Error, jinja2.TemplateError) as error:
            raise BoardError(f"{where}: its query fails, mend it: {first_line(error)}") from error
        if lacking := entry.columns.keys() - {"period", "segment"} - set(answer.columns):
            raise BoardError(f"{where}: its query has no {', '.join(sorted(lacking))}, which its columns name")
        if "figure" in entry.columns.values() and "metric" not in answer.columns:
            raise BoardError(f"{where}: a figure is written as its metric is, so its query needs metric")
        if entry.period and not {"period_grain", "period_start"} <= set(answer.columns):
            raise BoardError(f"{where}: it is by period, so its query needs period_grain and period_start")
        return answer

    def _ref(self, mart: str) -> str:
        if mart not in self._columns:
            raise jinja2.TemplateError(f"the published file has no {mart}")
        return f"marts.{mart}"

    def _scoped(self, mart: str) -> str:
        """A mart cut to the periods and segments that the pages show."""
        joins = [
            f"inner join {name} using ({', '.join(keys)})"
            for name, keys in (
                ("periods", ("period_grain", "period_start")),
                ("segments", ("segment_type", "segment_value")),
            )
            if self._columns.get(mart, set()).issuperset(keys)
        ]
        return " ".join([self._ref(mart), *joins])

    def _all(self, query: str, values: Sequence = ()) -> list[tuple]:
        return self._connection.execute(query, values).fetchall()

    def _keep(self, table: str, columns: str, rows: list[tuple]) -> None:
        self._connection.execute(f"create temporary table {table} ({columns})")
        if rows:
            self._connection.executemany(f"insert into {table} values ({', '.join('?' * len(rows[0]))})", rows)


def _plain(row: Sequence[Any]) -> list[Any]:
    return [_plain_value(value) for value in row]


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, Decimal | float):
        rounded = float(f"{value:.{KEPT_DIGITS}g}")
        return int(rounded) if rounded.is_integer() else rounded
    return value
