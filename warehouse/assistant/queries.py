"""Queries of an assistant: over which marts, and each in a process that is ended when its time is over."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warehouse.catalog import Mart

PROGRAM = Path(__file__).with_name("guarded_query.py")
ROWS = 200
SECONDS = 10.0
# A row with one of these is about one customer, or about something of one.
OF_ONE = {"customer_id", "subscription_id", "row_key", "raw_row", "example_key", "event_ids"}


def can_be_asked(mart: Mart) -> bool:
    """Whether an assistant may query a mart: its rows are of many customers, never of one."""
    return not OF_ONE & {column.name for column in mart.columns}


def run_query(
    published: Path, marts: Mapping[str, Mart], sql: str, rows: int = ROWS, seconds: float = SECONDS
) -> dict[str, Any]:
    """The first rows of a select over the marts that can be asked.

    Args:
        published: DuckDB file.
        marts: what it has.
        sql: the query.
        rows: the most to give.
        seconds: after which it is ended.

    Returns:
        columns, rows (lists, in their order) and has_more; or refused, a sentence.
    """
    tables = [name for name, mart in marts.items() if can_be_asked(mart)]
    asked = {"database": str(published.resolve()), "sql": sql, "tables": tables, "rows": rows}
    # isolated: neither the folder that it is started in nor the environment decides what it imports
    command = [sys.executable, "-I", str(PROGRAM)]
    try:
        run = subprocess.run(
            command, input=json.dumps(asked), env={}, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return {"refused": f"The query took longer than {seconds:g} seconds: filter or sum up more."}
    if run.returncode:
        return {"refused": "The query ended without an answer: filter or sum up more."}
    return json.loads(run.stdout)
