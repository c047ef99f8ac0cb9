"""What a connector says of itself in its connector.yml: the system's tables, and the ways from them to a landing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from warehouse.landing import RawTable, examine_folder
from warehouse.places import PROJECT

CONNECTORS = PROJECT / "connectors"
DEFINITION = "connector.yml"
SYNCED_AT = "synced_at"  # the column that says when the loader brought a row


class ConnectorError(RuntimeError):
    """A connector cannot be run: the message says what is missing and what to do."""


@dataclass(frozen=True)
class SourceTable:
    """One table of the system.

    `names`: what loaders call it. `columns`: each column's spellings, of which those that are there are read, the first
    that is not null; a spelling with points is a path into JSON. `key`: of several rows that share it one is read.
    `set_aside`: reason and SQL condition of rows that are not used. `numbers`: columns whose decimal commas are read.
    `grows`: gets rows whenever the business lives, so
    an old one was no longer loaded.
    """

    name: str
    names: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    key: tuple[str, ...]
    set_aside: Mapping[str, str]
    grows: bool
    numbers: tuple[str, ...]

    def as_raw(self) -> list[RawTable]:
        """The table under each of its names, as the landing step looks for it."""
        heads, numbers = self._heads(self.columns), self._heads(self.numbers)
        return [
            RawTable(name, is_required=False, columns=heads, required_columns=(), number_columns=numbers)
            for name in self.names
        ]

    def _heads(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The names under which columns may stand in a file."""
        spelt = (spelling.split(".")[0].lower() for column in columns for spelling in self.columns[column])
        return tuple(dict.fromkeys(spelt))

    def missing(self, there: set[str]) -> list[str]:
        """The columns that it cannot do without and that have no spelling among those that are there."""
        return [
            column
            for column in self.required
            if not any(spelling.split(".")[0].lower() in there for spelling in self.columns[column])
        ]


@dataclass(frozen=True)
class Way:
    """One way from the system's tables to the landing.

    `needs`: tables without which it does not go. `reads`: those that it reads where they are there. `steps`: its SQL
    files in order. `reports`: queries on what these made, which are written beside the landed tables. `cannot_know`:
    what stays unknown, in sentences.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    steps: tuple[Path, ...]
    reports: tuple[Path, ...]
    cannot_know: tuple[str, ...]


@dataclass(frozen=True)
class Connector:
    """A connector; its ways, the best first. `is_general`: its tables have names that systems have too."""

    name: str
    title: str
    is_general: bool
    folder: Path
    tables: Mapping[str, SourceTable]
    ways: tuple[Way, ...]

    def tables_of(self, way: Way) -> list[SourceTable]:
        """The tables that a way reads, those that it needs first."""
        return [self.tables[name] for name in (*way.needs, *way.reads)]


def known_connectors() -> list[str]:
    """The names of the connectors that the project has."""
    return sorted(file.parent.name for file in CONNECTORS.glob(f"*/{DEFINITION}"))


@cache
def read_connector(name: str) -> Connector:
    """Read a connector's definition.

    Raises:
        ConnectorError: there is none of this name.
    """
    folder = CONNECTORS / name
    if not name.isidentifier() or not (folder / DEFINITION).is_file():
        known = ", ".join(known_connectors())
        raise ConnectorError(f"CONNECTOR is '{name}', and there is no such connector: use one of {known}")
    read = yaml.safe_load((folder / DEFINITION).read_text(encoding="utf-8"))
    return Connector(
        name,
        read["title"],
        read.get("is_general", False),
        folder,
        {table: _table(table, says) for table, says in read["tables"].items()},
        tuple(_way(way, says, folder) for way, says in read["ways"].items()),
    )


def _table(name: str, says: Mapping) -> SourceTable:
    columns = {column: tuple(spellings or (column,)) for column, spellings in says["columns"].items()}
    return SourceTable(
        name,
        tuple(says.get("names", (name,))),
        columns,
        tuple(says.get("required", ())),
        tuple(says.get("key", ())),
        says.get("set_aside", {}),
        says.get("grows", False),
        tuple(says.get("numbers", ())),
    )


def _way(name: str, says: Mapping, folder: Path) -> Way:
    return Way(
        name,
        says["title"],
        tuple(says["needs"]),
        tuple(says.get("reads", ())),
        tuple(folder / step for step in says["steps"]),
        tuple(folder / report for report in says.get("reports", ())),
        tuple(says.get("cannot_know", ())),
    )


def recognised(folder: Path) -> Connector | None:
    """The connector of which a folder holds the tables of a way with all that they need; None = of none."""
    for connector in sorted(map(read_connector, known_connectors()), key=lambda known: known.is_general):
        there = {}
        for table in connector.tables.values():
            landed, _ = examine_folder(folder, table.as_raw())
            columns = next((found.columns for found in landed if found.kind != "absent"), None)
            if columns is not None and not table.missing(columns):
                there[table.name] = columns
        if any(set(way.needs) <= there.keys() for way in connector.ways):
            return connector
    return None
