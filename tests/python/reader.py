"""A reader of the published file, in a process of its own: opens it again and again until its standard input ends.

Usage: python reader.py <published file> <seconds between two readings>
Prints JSON: how often it read, what it met, and every error.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import duckdb


def contents(connection: duckdb.DuckDBPyConnection) -> str:
    """All tables, with their rows counted and hashed."""
    tables = connection.execute(
        "select table_schema, table_name from information_schema.tables order by all"
    ).fetchall()
    parts = [
        f"select '{table}' as table_name, count(*) as row_count, bit_xor(hash(t)) as hashed from {schema}.{table} as t"
        for schema, table in tables
    ]
    return str(connection.execute(" union all ".join(parts) + " order by all").fetchall())


def contents_of(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        return contents(connection)


def main(published: str, pause: float) -> None:
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    reads, met, errors = 0, [], []
    is_last = False
    while not is_last:
        is_last = ended.wait(pause)  # once more after the end: what is there then is met too
        try:
            with duckdb.connect(published, read_only=True) as connection:
                first = contents(connection)
                second = contents(connection)  # whatever was published in between
            if first != second:
                errors.append("what an open file says changed")
            met += [first] if first not in met else []
        except duckdb.Error as error:
            errors.append(str(error))
        reads += 1
    print(json.dumps({"reads": reads, "met": met, "errors": errors}))


@contextlib.contextmanager
def reading(published: Path, pause: float = 0) -> Iterator[SimpleNamespace]:
    """Read all the while; what came of it (reads, met, errors) is there at the end.

    Without a pause it takes a core: whole builds, which publish for a moment only, are not watched so closely.
    """
    command = [sys.executable, __file__, str(published), str(pause)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    found = SimpleNamespace()
    try:
        yield found
    finally:
        output, _ = process.communicate()
        found.__dict__.update(json.loads(output))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
