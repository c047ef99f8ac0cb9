"""What must be on the disk, from which memory on, and what may be done by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from warehouse.settings import ENVIRONMENT

BYTES_AT_ONCE = 64 * 1024 * 1024


def memory_limit() -> str:
    """Memory after which DuckDB works on the disk: DUCKDB_MEMORY_LIMIT."""
    return os.environ.get("DUCKDB_MEMORY_LIMIT") or ENVIRONMENT["DUCKDB_MEMORY_LIMIT"]["default"]


def within_memory() -> dict[str, str]:
    """Settings of a connection that copies or sorts whole tables: beyond the limit it works on the disk."""
    return {"memory_limit": memory_limit(), "preserve_insertion_order": "false"}


def write_to_disk(path: Path) -> None:
    """Return when a file's content, or a folder's names, are on the disk and outlive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_to_disk(source: Path, copy: Path) -> None:
    """Return when the copy is on the disk; a file system that can lets both share their blocks until one is written."""
    with source.open("rb") as read, copy.open("xb") as written:
        try:
            while os.copy_file_range(read.fileno(), written.fileno(), BYTES_AT_ONCE):
                pass
        except OSError:  # not on this file system, or not from one to the other
            read.seek(0)
            written.truncate(0)
            shutil.copyfileobj(read, written, BYTES_AT_ONCE)
        written.flush()
        os.fsync(written.fileno())


def remove(path: Path) -> None:
    """Remove a file, a link or a folder with all that is in it; what is not there is removed already."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def replace_file(path: Path, text: str) -> None:
    """Write a private file whole or not at all: whoever reads it finds the old text or the new one."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    write_to_disk(draft)
    os.replace(draft, path)
    write_to_disk(path.parent)


@contextlib.contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is in here for this folder. A killed one is out at once: its lock goes with it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def first_line(error: Exception) -> str:
    """What an error says, without the lines that only help who wrote the code."""
    return str(error).splitlines()[0]
