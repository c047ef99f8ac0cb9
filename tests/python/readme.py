"""Queries and their results in a page: every ```sql block that a ```text block follows.

`make readme` writes the results anew; tests check that they are what a build gives.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import duckdb

README = Path(__file__).parents[2] / "README.md"
EXAMPLE = re.compile(r"```sql\n(?P<query>.*?)```\n\n```text\n(?P<result>.*?)```", re.DOTALL)


def examples(page: str) -> list[tuple[str, str]]:
    """(query, result) of every example of the page."""
    return [(found["query"], found["result"]) for found in EXAMPLE.finditer(page)]


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
    return "\n".join(lines) + "\n"


def refreshed(page: str, connection: duckdb.DuckDBPyConnection) -> str:
    """The page with every result as the warehouse gives it now."""
    return EXAMPLE.sub(
        lambda found: f"```sql\n{found['query']}```\n\n```text\n{result_table(connection, found['query'])}```", page
    )


if __name__ == "__main__":
    file, page = sys.argv[1], Path(sys.argv[2])
    with duckdb.connect(file, read_only=True) as warehouse:
        page.write_text(refreshed(page.read_text(encoding="utf-8"), warehouse), encoding="utf-8")
