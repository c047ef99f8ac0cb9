"""What the published file says of itself: its marts, what each answers, and what its columns mean.

Whoever has the file needs nothing else: the comments of its tables and columns are the descriptions of the models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

# The last lines of every published mart's comment: the file itself says what it looks from, what the table's key is and
# which build it is, so nothing else can disagree with it.
LOOKS_FROM = "as of "
KEY = "Key: "
BUILT_BY = "built by dbt run "
HEADING = re.compile(r"^\*\*([^*]+)\.\*\* *", re.MULTILINE)
MOMENT = re.compile(rf"^{LOOKS_FROM}(?P<as_of>[^,\n]+)(?:, amounts in (?P<currency>[A-Z]{{3}}))?$", re.MULTILINE)


@dataclass(frozen=True)
class Column:
    """A column of a mart. `meaning` is its description, with unit and what null means; empty where there is none."""

    name: str
    data_type: str
    meaning: str


@dataclass(frozen=True)
class Mart:
    """A published table.

    `facts` are the parts of its description by their headings (Grain, What it answers, Rules, Null means). `as_of` is
    the moment that it looks from (UTC) and `currency` that of its amounts; None where the file does not say. `key` are
    the columns of its key, none where the file does not say, and `comment` is all that it says.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    facts: Mapping[str, str]
    as_of: str | None
    currency: str | None
    key: tuple[str, ...] = ()
    comment: str = ""

    @property
    def relation(self) -> str:
        """Its name in SQL."""
        return f'"{self.schema}"."{self.name}"'


def read_marts(connection: duckdb.DuckDBPyConnection) -> dict[str, Mart]:
    """The tables of a published file by name, in the order of their names."""
    columns: dict[tuple[str, str], list[Column]] = {}
    for schema, table, *column in connection.execute(
        "select schema_name, table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns() "
        "where not internal and database_name = current_database() order by column_index"
    ).fetchall():
        columns.setdefault((schema, table), []).append(Column(*column))
    tables = connection.execute(
        "select schema_name, table_name, coalesce(comment, '') from duckdb_tables() "
        "where not internal and not temporary and database_name = current_database() order by table_name"
    ).fetchall()
    return {name: _mart(schema, name, tuple(columns[schema, name]), comment) for schema, name, comment in tables}


def _mart(schema: str, name: str, columns: tuple[Column, ...], comment: str) -> Mart:
    moment = MOMENT.search(comment)
    description = (comment[: moment.start()] if moment else comment).partition(BUILT_BY)[0]
    _, *parts = HEADING.split(description)
    facts = {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}
    key = re.search(rf"^{KEY}(.+)$", comment, re.MULTILINE)
    return Mart(
        schema,
        name,
        columns,
        facts,
        *(moment.group("as_of", "currency") if moment else (None, None)),
        key=tuple(key[1].split(", ")) if key else (),
        comment=comment,
    )
