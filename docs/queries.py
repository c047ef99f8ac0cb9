"""Queries and their results in a page: every ```sql block that a ```text block follows."""

from __future__ import annotations

import re

import duckdb

EXAMPLE = re.compile(r"```sql\n(?P<query>.*?)```\n\n```text\n(?P<result>.*?)```", re.DOTALL)
QUERY = re.compile(r"```sql\n(.*?)```", re.DOTALL)


def examples(page: str) -> list[tuple[str, str]]:
    """(query, result) of every example of the page."""
    return [(found["query"], found["result"]) for found in EXAMPLE.finditer(page)]


def with_results(page: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The page with the result of each query after it."""

    def example(found: re.Match) -> str:
        return f"{found[0]}\n\n```text\n{result_table(connection, found[1])}```"

    return QUERY.sub(example, page)


def refreshed(page: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The page with every result as the warehouse gives it now."""
    return EXAMPLE.sub(lambda found: with_results(f"```sql\n{found['query']}```", connection), page)


def result_table(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The result of a query as aligned text columns; numbers to the right, null as an empty field."""
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    rows = [["" if value is None else str(value) for value in row] for row in result.fetchall()]
    widths = [max(len(field) for field in column) for column in zip(names, *rows, strict=True)]
    numeric = [all(re.fullmatch(r"-?[\d.,e-]*", row[i]) for row in rows) for i in range(len(names))]
    lines = [
        "  ".join(f.rjust(w) if n else f.ljust(w) for f, w, n in zip(row, widths, numeric, strict=True)).rstrip()
        for row in [names, ["-" * width for width in widths], *rows]
    ]
    return "\n".join(lines + ["(no rows)"] * (not rows)) + "\n"
