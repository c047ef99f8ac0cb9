"""The boards as they are written in boards/*.yml: one entry is one chart, table or row of key figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from warehouse.places import PROJECT

BOARDS = PROJECT / "boards"
WORDS = "words.yml"  # lies beside the boards, and is none
SCHEMA = Path(__file__).with_name("entry_schema.yml")


class BoardError(RuntimeError):
    """A board cannot be drawn. The message says which, which of its entries, and what to do."""


@dataclass(frozen=True)
class Entry:
    """One chart, table or row of key figures.

    Args:
        name: its id on the page.
        title: the question that it answers.
        definition: what is counted, and of whom.
        mart: the mart that has its figures.
        query: SQL that reads marts with ref() or scoped().
        columns: what the reader sees of the query, and how: a format of numbers, or the kind of its labels.
        spec: what Vega-Lite draws; empty = a table, or key figures.
        kpis: key figures, in their order.
        needs: raw tables without which there is nothing to show.
        empty: what it means that there is no row, where that is an answer too.
        period: `until` = the periods up to the chosen one, `at` = the chosen one only; none = not by period.
        width: half a row or all of it.
    """

    name: str
    title: str
    definition: str
    mart: str
    query: str
    columns: dict[str, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    kpis: Sequence[str] = ()
    needs: Sequence[str] = ()
    empty: str = ""
    period: str | None = None
    width: str = "half"
    table: bool = False


@dataclass(frozen=True)
class Board:
    """A page of entries. Boards stand in the side bar in their order."""

    name: str
    title: str
    question: str
    order: int
    entries: Sequence[Entry]


def read_boards(folder: Path = BOARDS) -> list[Board]:
    """All boards of a folder in their order. Raises BoardError, which names every entry that cannot be used."""
    validator = Draft202012Validator(yaml.safe_load(SCHEMA.read_text(encoding="utf-8")))
    boards, problems = [], []
    for file in sorted(folder.glob("*.yml")):
        if file.name == WORDS:
            continue
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        found = [_said(file, content, error) for error in validator.iter_errors(content)]
        problems += found or _twice(file, content)
        if not found:
            boards.append(_board(file.stem, content))
    if problems:
        raise BoardError("\n".join(["Boards that cannot be drawn:", *(f"  - {problem}" for problem in problems)]))
    return sorted(boards, key=lambda board: (board.order, board.name))


def _board(name: str, content: dict) -> Board:
    entries = [Entry(**entry) for entry in content["items"]]
    return Board(name, content["title"], content["question"], content.get("order", 99), entries)


def _twice(file: Path, content: dict) -> list[str]:
    names = [entry["name"] for entry in content["items"]]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [f"boards/{file.name}: two entries are named {name}; give one of them another name" for name in twice]


def _said(file: Path, content: Any, error: Any) -> str:
    """A problem of the schema in a sentence."""
    path = list(error.absolute_path)
    where = f"boards/{file.name}"
    if path[:1] == ["items"] and len(path) > 1:
        entry = content["items"][path[1]]
        named = entry.get("name") if isinstance(entry, dict) else None
        where += f", entry {named or path[1] + 1}"
    inside = ".".join(map(str, path[2:] if path[:1] == ["items"] else path))
    if error.validator == "oneOf":
        return f"{where}: give it exactly one of spec (a chart) or table: true, both with columns, or kpis"
    if list(error.absolute_schema_path)[-2:] == ["title", "pattern"]:
        return f"{where}: its title asks one question, so it ends with a question mark"
    return f"{where}{f', {inside}' if inside else ''}: {error.message} (warehouse/boards/entry_schema.yml)"
