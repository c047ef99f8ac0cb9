"""Staging's own SQL of a raw value, for who reads raw tables before dbt does: the macros are rendered from their files,
so that there is one way to read a time."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace

from jinja2 import Environment

MACROS = Path(__file__).parents[1] / "macros" / "engine"


def time_of(column: str) -> str:
    """A raw column as staging reads it: a UTC timestamp, null where it is not a valid time."""
    return f"({_macros().try_cast_timestamp(column)})"


@cache
def _macros() -> ModuleType:
    """The macros of MACROS as functions, dispatched to DuckDB."""

    class Adapter:
        @staticmethod
        def dispatch(name: str, *_):
            return getattr(macros, f"duckdb__{name}", None) or getattr(macros, f"default__{name}")

    environment = Environment(extensions=["jinja2.ext.do"])
    environment.globals |= {"adapter": Adapter, "dbt": SimpleNamespace(type_string=lambda: "varchar")}
    source = "".join(file.read_text(encoding="utf-8") for file in sorted(MACROS.glob("*.sql")))
    macros = environment.from_string(source).module
    return macros
