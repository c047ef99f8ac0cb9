"""A database file written anew in the place of the old one, whole or not at all: without whom or what should go, and
without the blocks that nobody uses any more."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from warehouse.disk import within_memory, write_to_disk

COPY = "fresh"  # the catalog of the copy
LEFTOVER = ".fresh_"  # the copy of one that was killed
# Daily builds leave blocks behind. Written anew a file costs what writing its tables costs, so there must be many.
FREE_SHARE = 0.4
FREE_BYTES = 100_000_000


@contextlib.contextmanager
def opened(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the file, read-only, under the name by which its views know it. Nobody writes it meanwhile."""
    with duckdb.connect(config=within_memory() | {"temp_directory": f"{file}.tmp"}) as connection:
        connection.execute(f"attach '{_quoted(file)}' as {quoted_name(file.stem)} (read_only)")
        yield connection


@contextlib.contextmanager
def written_anew(connection: duckdb.DuckDBPyConnection, file: Path) -> Iterator[None]:
    """The opened file as the catalog COPY, to change; it takes the file's place when the body ends without an error."""
    fresh = file.with_name(f"{LEFTOVER}{file.name}")
    private = os.umask(0o077)
    try:
        tags = connection.execute(
            "select tags from duckdb_databases() where database_name = ?", [file.stem]
        ).fetchone()[0]
        # the file's own: who can open it today can tomorrow
        version = re.match(r"v[0-9.]+[0-9]", tags["storage_version"])[0]
        connection.execute(f"attach '{_quoted(fresh)}' as {COPY} (storage_version '{version}')")
        connection.execute(f"copy from database {quoted_name(file.stem)} to {COPY}")
        yield
        connection.execute(f"detach {COPY}")
        os.chmod(fresh, file.stat().st_mode & 0o7777)
        write_to_disk(fresh)
        os.replace(fresh, file)
        write_to_disk(file.parent)
    finally:
        os.umask(private)
        for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            with contextlib.suppress(OSError):
                leftover.unlink(missing_ok=True)


def compact(file: Path) -> int:
    """Write a file anew if much of it is free blocks. Returns the bytes given back, 0 = it was left as it is.

    Raises:
        duckdb.Error, OSError: it cannot be; the file is as it was.
    """
    if file.with_name(f"{file.name}.wal").exists():
        return 0  # what a killed process left there would not fit the file written anew
    before = file.stat().st_size
    with opened(file) as connection:
        block_bytes, total, free = connection.execute(
            "select block_size, total_blocks, free_blocks from pragma_database_size() where database_name = ?",
            [file.stem],
        ).fetchone()
        if free * block_bytes < FREE_BYTES or free < FREE_SHARE * total:
            return 0
        with written_anew(connection, file):
            pass
    return before - file.stat().st_size


def quoted_name(identifier: str) -> str:
    """SQL: a name, whatever characters it has."""
    return '"' + identifier.replace('"', '""') + '"'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
