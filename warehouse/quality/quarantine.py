"""Why rows are quarantined, in words: the reasons with counts and an example, and what to do.

An example is never a personal column or free text, and loses what might be personal in a row whose columns moved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb

from warehouse.landing import RawTable, contract_tables

# Reasons said with an example and what to do; one with fewer rows than this share of the first's is only counted.
REASONS_SHOWN = 3
LEAST_SHARE = 0.01
VALUES_READ = 1000
LONGEST_EXAMPLE = 40
TIMES = ("timestamp", "date", "month")
NUMBERS = ("decimal", "rate", "integer", "double")
# The layouts that staging names (macros/engine/try_cast_timestamp.sql), as what to do about them.
LAYOUTS = {
    "day_first": "year first, not as day/month/year",
    "month_first": "year first, not as month/day/year",
    "day_or_month_first": "year first: day/month/year and month/day/year cannot be told apart",
    "month_name": "with the month as a number",
    "twelve_hour_clock": "with hours from 0 to 23, not AM and PM",
    "zone_name": "with an offset such as `+09:00`, not with the name of a zone",
    "month_only": "with its day",
    "no_separators": "with `-` between year, month and day",
    "unix_time": "as a time, not as seconds since 1970",
}
# what a time may look like that nobody's number does
LAYOUT = re.compile(
    r"(\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2}))([ T]\d{1,2}:\d{2}(:\d{2})?)?(?!\d)"
)
WORD = re.compile(r"[^\W\d_]{2,}")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TIME = "`2024-01-31` or `2024-01-31 18:00:00`, with or without an offset such as `+02:00`"


@dataclass(frozen=True)
class Reason:
    """A reason of staging: how many rows have it, the column that it is about, and that column's values as landed, the
    most frequent first (none for a personal one). `currencies` are [currency, first day] that have no rate."""

    name: str
    rows: int
    key: str | None = None
    column: str | None = None
    values: tuple[str, ...] = ()
    currencies: tuple[tuple[str, str], ...] = ()


def read_reasons(connection: duckdb.DuckDBPyConnection, table: RawTable, base: str, lines: int) -> list[Reason]:
    """The reasons of a base_ model, the most frequent first.

    Args:
        connection: to the warehouse.
        table: raw table.
        base: schema and name of its base_ model.
        lines: lines of its CSV file that are no row.
    """
    reasons = [Reason("unreadable_line", lines)] if lines else []
    counts = connection.execute(
        f"select quarantine_reason, count(*), min(row_key) from {base} where quarantine_reason is not null group by all"
    ).fetchall()
    for name, rows, key in counts:
        column = _column_of(name, table)
        meta = _contract(table.name).get(column, {})
        values, currencies = (), ()
        if name == "no_exchange_rate":
            own_time = _own_time(table.name)
            currencies = connection.execute(
                f"select currency, cast(cast(min({own_time}) as date) as varchar) from {base} "
                "where quarantine_reason = ? group by currency order by count(*) desc, currency",
                [name],
            ).fetchall()
        elif column and not (meta.get("personal") or meta.get("free_text")):
            values = connection.execute(
                f"""select json_extract_string(raw_row, '$."{column}"') as value from {base} """
                "where quarantine_reason = ? and value is not null group by value order by count(*) desc, value "
                f"limit {VALUES_READ}",
                [name],
            ).fetchall()
        reasons.append(Reason(name, rows, key, column, tuple(value for (value,) in values), tuple(currencies)))
    return sorted(reasons, key=lambda reason: (-reason.rows, reason.name))


def advice(table: RawTable, reasons: Sequence[Reason], base: str) -> str:
    """The reasons in a sentence, what to do about each, and where the rows are."""
    if not reasons:
        return ""
    shown = [reason for reason in reasons if reason.rows >= LEAST_SHARE * reasons[0].rows][:REASONS_SHOWN]
    counts = [f"{reason.name} {reason.rows:,}{example(reason, table)}" for reason in shown]
    if further := reasons[len(shown) :]:
        counts.append(f"{len(further)} other reason{'s' * (len(further) != 1)} {sum(r.rows for r in further):,}")
    # where some rows show that the day stands first, the others need no word of their own
    told = {reason.column for reason in shown if _layout_of(reason) in ("day_first", "month_first")}
    untold = [r for r in shown if not (_layout_of(r) == "day_or_month_first" and r.column in told)]
    steps = dict.fromkeys(step for reason in untold if (step := what_to_do(reason, table)))
    where = f"The rows: select row_key, quarantine_reason, raw_row from {base} where row_status = 'quarantined'"
    return ". ".join([f"Why: {', '.join(counts)}", *steps, where])


def example(reason: Reason, table: RawTable) -> str:
    """An example of a reason as the end of a sentence, without anything personal; empty = there is none."""
    if reason.currencies:
        return f", such as in {reason.currencies[0][0]}"
    if reason.values:
        return f", such as '{redact(reason.values[0], _is_typed(reason, table))}'"
    return f", such as in the row {redact(reason.key, True)}" if set(reason.key or "") - set("?|") else ""


def what_to_do(reason: Reason, table: RawTable) -> str:
    """What helps against a reason; empty where its name says all."""
    column, data_type = reason.column, _contract(table.name).get(reason.column, {}).get("data_type")
    if reason.name == "unreadable_line":
        return (
            "Quote the fields of CSV that hold its delimiter, a quote or a line break; make each row of JSON an object"
        )
    if reason.name == "no_exchange_rate":
        currencies = ", ".join(f"{currency} from {day} on" for currency, day in reason.currencies[:REASONS_SHOWN])
        return f"Land exchange_rates of {currencies}, or set reporting_currency to the currency that the amounts are in"
    if reason.name.startswith("missing_"):
        return f"Look whether the export fills {column}"
    if reason.name.startswith("unknown_"):
        accepted = _contract(table.name).get(column, {}).get("accepted", [])
        return f"Write {column} as one of {', '.join(accepted)}" if accepted else ""
    if data_type in TIMES and reason.name.startswith("unreadable_"):
        layout = _layout_of(reason)
        if rewritten := _rewritten(reason.values[0], layout) if reason.values else "":
            return f"Write {column} {LAYOUTS[layout]}: {rewritten}"
        return f"Write {column} {f'{LAYOUTS[layout]}, ' if layout else ''}like {TIME}"
    if data_type in NUMBERS and reason.name.startswith("unreadable_"):
        return f"Write {column} as a plain number such as `1234.50`: a point before the decimals, no sign of a currency"
    return ""


def _layout_of(reason: Reason) -> str | None:
    """The layout of a time that ends the reason: `unreadable_occurred_at_day_first`."""
    return max((layout for layout in LAYOUTS if reason.name.endswith(f"_{layout}")), key=len, default=None)


def _rewritten(value: str, layout: str | None) -> str:
    """How a time with its day or its month first is to be written; empty where that cannot be told."""
    if layout not in ("day_first", "month_first"):
        return ""
    parts = [int(number) for number in re.findall(r"\d+", value)[:3]]
    try:
        first, second, year = parts
        month, day = (second, first) if layout == "day_first" else (first, second)
        written = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return ""
    return f"'{redact(value, True)}' is `{written}`"


def redact(value: str, is_typed: bool) -> str:
    """A value without what might be personal. `is_typed`: it should be a time or a number, so no words belong in it."""
    value = " ".join(value.split())
    found = LAYOUT.match(value)
    time, value = (value[: found.end()], value[found.end() :]) if found else ("", value)
    value = re.sub(r"\S*[@\uff20]\S*", "[e-mail]", value)
    value = re.sub(r"\+?\d(?:[ ()./\u2013-]{0,3}\d){6,}", "[number]", value)
    if is_typed:
        value = WORD.sub(lambda word: word[0] if _is_of_a_time(word[0]) else "[text]", value)
    value = time + value
    return value if len(value) <= LONGEST_EXAMPLE else f"{value[:LONGEST_EXAMPLE]}..."


def _is_of_a_time(word: str) -> bool:
    """A month, a zone or a currency, or a word of this function's own making."""
    return word[:3].lower() in MONTHS or (word.isupper() and len(word) <= 4) or word in ("number", "mail")


def _is_typed(reason: Reason, table: RawTable) -> bool:
    return _contract(table.name).get(reason.column, {}).get("data_type") in (*TIMES, *NUMBERS, "boolean")


def _column_of(reason: str, table: RawTable) -> str | None:
    """The contract's column that a reason names: `unreadable_occurred_at`."""
    named = [column for column in table.columns if f"_{column}_" in f"_{reason}_"]
    return max(named, key=len, default=None)


@cache
def _source() -> dict[str, dict]:
    return {table["name"]: table for table in contract_tables()}


def _own_time(table: str) -> str:
    return _source()[table]["config"]["meta"]["own_time"]


@cache
def _contract(table: str) -> dict[str, dict]:
    """Type and meta of each column."""
    return {
        column["name"]: {"data_type": column["data_type"], **column.get("config", {}).get("meta", {})}
        for column in _source()[table]["columns"]
    }
