"""Staging's own SQL for who reads raw tables before dbt does, in a moment: models and macros are rendered from their
files as dbt renders them on DuckDB for a full build, so that there is one way to read a time or to judge a row.

It knows of dbt what staging asks of it. tests/python/test_doctor.py compares what comes out with what dbt compiles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from jinja2 import Environment, Template

from warehouse.landing import contract_tables
from warehouse.places import PROJECT

MACROS = PROJECT / "macros"
MACRO = re.compile(r"(\{%-?\s*macro\s+)(\w+)\(")
PREFIX = "dbt_macro__"  # as dbt does: a macro that calls one of its own file is to find the one that returns values


class _Returned(Exception):
    """dbt's `return`: ends a macro with a value that is no text."""


def time_of(column: str) -> str:
    """A raw column as staging reads it: a UTC timestamp, null where it is not a valid time."""
    return f"({_renderer({}).macro('try_cast_timestamp')(column)})"


def text_of(column: str) -> str:
    """A raw column as text without the blanks around it, null where nothing is left."""
    return f"({_renderer({}).macro('raw_text')(column)})"


def model_sql(name: str, settings: Mapping[str, Any]) -> str:
    """The SQL of a model; what it refers to is `<schema>.<name>`.

    Args:
        name: of a model that asks nothing of the database.
        settings: dbt vars that are not the project's defaults.
    """
    return _renderer(settings).model(name)


def base_models() -> list[str]:
    """The models that judge the rows of the raw tables, one of each."""
    return sorted(file.stem for file in (PROJECT / "models" / "staging").rglob("base_*.sql"))


def parents_of(name: str) -> list[str]:
    """The models and seeds that a model refers to, each once."""
    refers = re.findall(r"ref\(\s*[\"'](\w+)[\"']\s*\)", _file_of(name).read_text(encoding="utf-8"))
    return list(dict.fromkeys(refers))


def relation_of(name: str) -> str:
    """Schema and name of a model or seed."""
    return f"{_file_of(name).relative_to(PROJECT / 'models').parts[0] if not is_seed(name) else 'seeds'}.{name}"


def is_seed(name: str) -> bool:
    """Whether it is a seed and no model."""
    return _file_of(name).suffix == ".csv"


@cache
def _file_of(name: str) -> Path:
    (file,) = (*(PROJECT / "models").rglob(f"{name}.sql"), *(PROJECT / "seeds").glob(f"{name}.csv"))
    return file


class _Renderer:
    """Jinja with the project's macros, and what those of staging ask of dbt."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
        values = {**project["vars"], **settings}
        self._environment = Environment(extensions=["jinja2.ext.do"], autoescape=False)
        self._macros: dict[str, Template] = {}
        for file in sorted(MACROS.rglob("*.sql")):
            source = MACRO.sub(rf"\1{PREFIX}\2(", file.read_text(encoding="utf-8"))
            template = self._environment.from_string(source)
            self._macros |= dict.fromkeys(re.findall(rf"{PREFIX}(\w+)\(", source), template)
        self._environment.globals |= {name: self.macro(name) for name in self._macros}
        self._environment.globals |= {
            "execute": True,
            "project_name": project["name"],
            "graph": {"sources": {f"source.{project['name']}.raw.{t['name']}": _node(t) for t in contract_tables()}},
            "var": values.__getitem__,
            "return": _return,
            "zip": zip,
            "set": set,
            "target": SimpleNamespace(type="duckdb"),
            "adapter": SimpleNamespace(dispatch=self._dispatched),
            "dbt": SimpleNamespace(type_string=lambda: "TEXT", split_part=_split_part),
            "config": lambda **_: "",
            "source": lambda source, name: f"{source}.{name}",
            "ref": relation_of,
            # of macros/increments: everything is read
            "grown_by_increments": lambda: "table",
            "rows_read": lambda table: "all",
        }

    def model(self, name: str) -> str:
        return self._environment.from_string(_file_of(name).read_text(encoding="utf-8")).render()

    def macro(self, name: str) -> Callable:
        def call(*arguments: Any, **named: Any) -> Any:
            try:
                return getattr(self._macros[name].module, f"{PREFIX}{name}")(*arguments, **named)
            except _Returned as returned:
                return returned.args[0]

        return call

    def _dispatched(self, name: str, *_: str) -> Callable:
        return self.macro(f"duckdb__{name}" if f"duckdb__{name}" in self._macros else f"default__{name}")


def _renderer(settings: Mapping[str, Any]) -> _Renderer:
    return _renderer_of(json.dumps(settings, default=str, sort_keys=True))


@cache
def _renderer_of(settings_json: str) -> _Renderer:
    return _Renderer(json.loads(settings_json))


def _return(value: Any) -> None:
    raise _Returned(value)


def _split_part(text: str, delimiter: str, place: int) -> str:
    return f"string_split({text}, {delimiter})[{place}]"


def _node(table: dict) -> dict:
    """A table of the contract as dbt's graph has it."""

    def with_meta(node: dict) -> dict:
        return {**node, "config": {"meta": {}, **node.get("config", {})}}

    return {**with_meta(table), "columns": {column["name"]: with_meta(column) for column in table["columns"]}}
