"""Builds the project's own models on many small landing folders, quickly.

dbt compiles the models once per set of settings (shared.py keeps them); their SQL and Python then run in a fresh
in-memory DuckDB per stream of events, in dbt's order, through the project's own landing step.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import shared

from warehouse.erasures import Erasures
from warehouse.landing import inspect_folder, landing_statements, read_contract

PROJECT = Path(__file__).parents[2]
DATABASE = Path(shared.WAREHOUSE).stem
# as_of and known_at stand in the SQL as texts: compiled once with these, any other moment takes their place.
MOMENTS = {"as_of": "1998-01-01 00:00:01", "known_at": "1998-01-01 00:00:02"}

Rows = Sequence[Mapping[str, str | None]]


@dataclass(frozen=True)
class Step:
    """One model or seed: how it is made (view, table or python), under which name, and from which others."""

    kind: str
    schema: str
    name: str
    code: str
    parents: frozenset[str] = frozenset()

    @property
    def relation(self) -> str:
        return f"{self.schema}.{self.name}"


def compiled_steps(settings_json: str) -> tuple[Step, ...]:
    """Every seed and model, parents first, compiled with the dbt vars of settings_json."""
    # seeds are no part of what dbt compiles
    seeds = [
        Step("table", "seeds", file.stem, f"select * from read_csv('{file}', nullstr = '')")
        for file in sorted((PROJECT / "seeds").glob("*.csv"))
    ]
    return (*seeds, *_compiled("models", "--select", "resource_type:model", "--vars", settings_json))


def steps_for(marts: Sequence[str], settings: Mapping[str, object]) -> list[Step]:
    """The steps that the marts need, parents first."""
    needed, chosen = set(marts), []
    moments = {MOMENTS[name]: str(settings[name]) for name in MOMENTS if settings.get(name)}
    placeholders = {name: MOMENTS[name] for name in MOMENTS if settings.get(name)}
    for step in reversed(compiled_steps(json.dumps({**settings, **placeholders}, sort_keys=True))):
        if step.name in needed:
            needed |= step.parents
            code = step.code
            for placeholder, moment in moments.items():
                code = code.replace(placeholder, moment)
            chosen.append(replace(step, code=code))
    return chosen[::-1]


def compiled_inline(sql: str) -> str:
    """Jinja and SQL of the project's macros, compiled by dbt."""
    (step,) = _compiled("inline", "--inline", sql)
    return step.code


def compiled_analyses(**settings: object) -> dict[str, str]:
    """The SQL of every analysis by its name, with dbt vars; its tables are in the database DATABASE."""
    asked = ["--vars", json.dumps(settings, sort_keys=True)] if settings else []
    return {step.name: step.code for step in _compiled("analyses", "--select", "resource_type:analysis", *asked)}


def compiled_tests() -> dict[str, str]:
    """The SQL of every singular test by its name; its tables are in the database DATABASE."""
    return {step.name: step.code for step in _compiled("tests", "--select", "test_type:singular")}


@cache
def _compiled(what: str, *arguments: str) -> tuple[Step, ...]:
    """What `dbt compile` makes of the models or of what the arguments name, parents first."""
    name = f"{what}_{hashlib.sha256(' '.join(arguments).encode()).hexdigest()[:16]}"
    return shared.value_made_once(name, lambda: _compile("model" if what == "models" else None, *arguments))


def _compile(resource_type: str | None, *arguments: str) -> tuple[Step, ...]:
    """The compiled nodes of the type, or all."""
    with parsed_once(json.loads(arguments[arguments.index("--vars") + 1]) if "--vars" in arguments else {}):
        nodes = {item.node.unique_id: item.node for item in dbt("compile", *arguments).results}
    steps = []

    def add(unique_id: str) -> None:
        if unique_id in nodes and resource_type in (None, nodes[unique_id].resource_type):
            node = nodes.pop(unique_id)
            for parent in node.depends_on.nodes:
                add(parent)
            parents = frozenset(parent.split(".")[-1] for parent in node.depends_on.nodes)
            kind = "python" if node.language == "python" else "view" if node.config.materialized == "view" else "table"
            steps.append(Step(kind, node.schema, node.name, node.compiled_code, parents))

    for unique_id in list(nodes):
        add(unique_id)
    return tuple(steps)


def manifest() -> dict:
    """What dbt knows of the project, each time a copy of its own."""
    return json.loads((shared.parsed() / "manifest.json").read_text(encoding="utf-8"))


def dbt(command: str, *arguments: str) -> Any:
    """The result of a dbt command, run away from the project's own warehouse and target folder."""
    # two seconds, which a test that finds all compiled does not need
    import quick_dbt
    from dbt.cli.main import dbtRunner

    quick_dbt.quicken()
    with tempfile.TemporaryDirectory() as folder:
        project = ["--project-dir", str(shared.PROJECT), "--profiles-dir", str(shared.PROJECT)]
        with mock.patch.dict(os.environ, shared.environment(Path(folder))):
            result = dbtRunner().invoke(["--quiet", "--no-print", command, *project, *arguments])
    if not result.success:
        raise RuntimeError(f"dbt {command} failed: {result.exception or result.result}")
    return result.result


def parsed_once(settings: Mapping[str, object]) -> contextlib.AbstractContextManager:
    """Let dbt keep the parsed project whatever the vars are: they count where SQL is compiled. dbt parses anew for any
    change of them, which costs more than the rest. Those that stand in the models' YAML do need it."""
    from dbt.parser.manifest import ManifestLoader

    if settings.keys() & _vars_in_yaml():
        return contextlib.nullcontext()
    return mock.patch.object(ManifestLoader, "is_partial_parsable", return_value=(True, None))


@cache
def _vars_in_yaml() -> set[str]:
    files = (PROJECT / "models").rglob("*.yml")
    return {name for file in files for name in re.findall(r"\bvar\('(\w+)'", file.read_text(encoding="utf-8"))}


def write_landing(folder: Path, tables: Mapping[str, Rows]) -> None:
    """Write each table as CSV with the contract's columns; a missing key and None are empty fields."""
    for table in read_contract():
        if table.name in tables:
            with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, table.columns, restval="", extrasaction="raise")
                writer.writeheader()
                writer.writerows(tables[table.name])


def build_on(
    connection: duckdb.DuckDBPyConnection,
    landing: Path,
    marts: Sequence[str],
    settings: Mapping[str, object],
    erasures: Erasures | None = None,
    *,
    is_python_run: bool = True,
) -> None:
    """Land a folder, without who is erased, and make the marts, with all that they need, on an empty connection.

    Without Python its models are as on the engines that run none: without a row.
    """
    connection.execute(f"attach ':memory:' as {DATABASE}; use {DATABASE}; set TimeZone = 'UTC'; set threads = 1")
    landed = inspect_folder(landing, erasures=erasures)
    for statement in landing_statements(landed):
        connection.execute(statement)
    steps = steps_for(marts, settings)
    for schema in {step.schema for step in steps}:
        connection.execute(f"create schema if not exists {schema}")
    absent = {found.table.name for found in landed if found.kind == "absent"}
    for step in steps:
        try:
            if step.kind == "python":
                make_python_model(connection, step)
                if not is_python_run:
                    connection.execute(f"truncate {step.relation}")
            elif step.name.startswith("base_") and step.parents & absent:
                make_without_rows(connection, step)
            else:
                connection.execute(f"create {step.kind} {step.relation} as {step.code}")
        except duckdb.Error as error:
            raise RuntimeError(f"{step.name}: {error}") from error


_columns_of: dict[str, str] = {}


def make_without_rows(connection: duckdb.DuckDBPyConnection, step: Step) -> None:
    """Make the cleaned rows of an absent raw table: none. The engine plans that long query once, for its columns."""
    if step.code not in _columns_of:
        connection.execute(f"create view {step.relation} as {step.code}")
        columns = connection.execute(f"describe {step.relation}").fetchall()
        connection.execute(f"drop view {step.relation}")
        _columns_of[step.code] = ", ".join(f'"{name}" {data_type}' for name, data_type, *_ in columns)
    connection.execute(f"create table {step.relation} ({_columns_of[step.code]})")


def make_python_model(connection: duckdb.DuckDBPyConnection, step: Step) -> None:
    """Run a Python model as dbt does: its code and dbt's own stand-ins for ref() and config, in one namespace."""
    namespace: dict = {}
    exec(compile(step.code, step.name, "exec"), namespace)
    # of a table or a view: connection.table knows tables only
    rows = namespace["model"](namespace["dbtObj"](lambda relation: connection.query(f"from {relation}")), connection)
    connection.register("python_model_rows", rows)
    connection.execute(f"create table {step.relation} as from python_model_rows")
    connection.unregister("python_model_rows")


def build(tables: Mapping[str, Rows], marts: Sequence[str], **settings: object) -> dict[str, list[dict]]:
    """Build the marts from the tables and return their rows as dictionaries.

    Args:
        tables: raw rows as text by raw table; subscription_events and customers are required, as in the contract.
        marts: names of the marts to return, or of models below them.
        settings: dbt vars.
    """
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        write_landing(Path(folder), tables)
        build_on(connection, Path(folder), marts, settings)
        relations = {mart: f"{'intermediate' if mart.startswith('int_') else 'marts'}.{mart}" for mart in marts}
        return {mart: rows(connection, relation) for mart, relation in relations.items()}


def rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[dict]:
    result = connection.execute(f"select * from {relation}")
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
