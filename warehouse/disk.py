"""What must be on the disk, and what may be done by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


def write_to_disk(path: Path) -> None:
    """Return when a file's content, or a folder's names, are on the disk and outlive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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
