"""One query by somebody who is not trusted, in a process of its own: it ends with its answer, or is ended.

This file imports nothing of the project and is started with an empty environment (queries.py), so there is no secret to
read. Asked on stdin, in JSON: database, sql, tables (those that may be read) and rows (the most to give). Answers on
stdout: columns, rows and has_more; or refused, a sentence.
"""

from __future__ import annotations

import json
import math
import resource
import sys
from collections.abc import Iterator
from typing import Any

import duckdb

CONFIG = {
    "enable_external_access": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,  # or a table could be a variable of this program
    "memory_limit": "500MB",
    "temp_directory": "",
    "lock_configuration": True,
}
SQL_CHARACTERS = 20_000
CELL_CHARACTERS = 1_000
ANSWER_CHARACTERS = 200_000
SERIES = {"range", "generate_series", "unnest"}  # tables that are made, not read
NO_TABLE = "{} is not a table that can be asked: list_marts says which are."
SETTINGS = {"current_setting", "getvariable", "write_log"}


class RefusedError(Exception):
    """The query is not run, or gave nothing. The message says why."""


def answer(asked: dict[str, Any]) -> dict[str, Any]:
    """The rows of a query, or why there are none."""
    try:
        if len(asked["sql"]) > SQL_CHARACTERS:
            raise RefusedError(f"The query is longer than {SQL_CHARACTERS:,} characters: ask for less at once.")
        with duckdb.connect(asked["database"], read_only=True, config=CONFIG) as connection:
            check(connection, asked["sql"], set(asked["tables"]))
            connection.execute(
                f"select * from (\n{asked['sql'].strip().rstrip(';')}\n) as asked limit {asked['rows'] + 1}"
            )
            rows = connection.fetchall()
            shown = within(ANSWER_CHARACTERS, [[cell(value) for value in row] for row in rows[: asked["rows"]]])
            columns = [column[0] for column in connection.description]
            return {"columns": columns, "rows": shown, "has_more": len(rows) > len(shown)}
    except RefusedError as error:
        return {"refused": str(error)}
    except duckdb.OutOfMemoryException:
        return {"refused": "The query needs more memory than it gets: filter or sum up more."}
    except (duckdb.Error, RecursionError) as error:
        return {"refused": f"The query cannot be run: {str(error).strip().splitlines()[0][:500]}"}


def check(connection: duckdb.DuckDBPyConnection, sql: str, tables: set[str]) -> None:
    """Raise RefusedError for whatever is not one select over these tables."""
    parsed = json.loads(connection.execute("select json_serialize_sql(?)", [sql]).fetchone()[0])
    if parsed["error"]:
        syntax = f" ({parsed['error_message']})" if parsed["error_type"] == "parser" else ""
        raise RefusedError(f"Only one select statement can be run{syntax}.")
    if len(parsed["statements"]) != 1:
        raise RefusedError("Only one select statement can be run.")
    nodes = list(nodes_of(parsed))
    named = {entry["key"].lower() for node in nodes for entry in node.get("cte_map", {}).get("map", ())}
    named |= {node["cte_name"].lower() for node in nodes if node.get("cte_name")}
    stored = "select lower(table_name) from duckdb_tables() union select lower(view_name) from duckdb_views()"
    if taken := named & {name for (name,) in connection.execute(stored).fetchall()}:
        raise RefusedError(
            f"A part of the query has the name of a table ({', '.join(sorted(taken))}): call it otherwise."
        )
    for node in nodes:
        if problem := _problem(node, tables, named):
            raise RefusedError(problem)


def nodes_of(parsed: Any) -> Iterator[dict]:
    """Every node of a parsed query."""
    pending = [parsed]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            yield node
            pending += node.values()
        elif isinstance(node, list):
            pending += node


def _problem(node: dict, tables: set[str], named: set[str]) -> str:
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name = node["table_name"].lower()
        is_mart = name in tables and node["schema_name"].lower() in ("", "main", "marts") and not node["catalog_name"]
        if not is_mart and not (name in named and not node["schema_name"]):
            return NO_TABLE.format(node["table_name"])
    if kind == "TABLE_FUNCTION":
        name = node["function"].get("function_name", "").lower()
        return "" if name in SERIES else NO_TABLE.format(name)
    if kind == "SHOW_REF":
        return "describe_mart says what a table is; only a select can be run."
    if kind == "FUNCTION" and node.get("function_name", "").lower() in SETTINGS:
        return f"{node['function_name']} cannot be asked."
    return ""


def within(characters: int, rows: list[list]) -> list[list]:
    """The first rows that take so many characters together."""
    for count, row in enumerate(rows):
        characters -= len(json.dumps(row))
        if characters < 0:
            return rows[:count]
    return rows


def cell(value: Any) -> Any:
    """A value in JSON; a long text is cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if type(value).__name__ == "Decimal":
        return float(value)
    text = str(value)
    return text if len(text) <= CELL_CHARACTERS else f"{text[:CELL_CHARACTERS]}..."


def main() -> None:
    """Answer what is asked on stdin."""
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # no file can grow, whatever is asked
    json.dump(answer(asked), sys.stdout)


if __name__ == "__main__":
    main()
