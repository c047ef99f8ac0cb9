"""Where raw rows wait until they are read: they may be personal, so nothing is left of them, even by a killed run."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PREFIX = "warehouse-landing-"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder, for its owner alone; those that killed processes left are removed first."""
    remove_abandoned()
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, _opened(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)  # while it is empty: one with something in it and no lock is abandoned
        yield Path(folder)


@cache
def scratch() -> Path:
    """The scratch folder of this process: removed when it ends."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(scratch_folder())


def is_scratch(path: Path) -> bool:
    """Whether a file or folder goes with its process."""
    return any(part.startswith(PREFIX) for part in path.parts)


def remove_abandoned() -> None:
    """Remove the scratch folders of processes that are no more: a lock goes with its process."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), _opened(folder) as descriptor:  # in use, or another user's
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.listdir(folder):
                shutil.rmtree(folder)


@contextlib.contextmanager
def _opened(folder: Path | str) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
