"""Tell whether a file is the one that was read before, whatever its size and times say.

A file is told by a hash of its bytes. Reading every file at every build would cost as much as the build, so a file is
hashed once, and again only if its size, time of change, inode or time of the inode's change is another one: the last
of these nobody can set back. A copy of the same bytes, touched or restored, is the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

# A file that was written just before it was looked at may be written again within one tick of the file system's clock.
SETTLED_NS = 1_000_000_000

# size, time of change, time of the inode's change, inode, SHA-256 of the bytes
FileState = list


def file_states(
    paths: Iterable[Path], known: Mapping[str, FileState] | None = None, known_at: int = 0
) -> dict[str, FileState]:
    """The state of each file by its path.

    Args:
        paths: files that are there.
        known: states found before.
        known_at: when, in nanoseconds since 1970.
    """
    states = {}
    for path in paths:
        found, before = _look(path), (known or {}).get(str(path))
        is_settled = before is not None and before[2] < known_at - SETTLED_NS
        states[str(path)] = before if is_settled and before[:4] == found else [*found, _hash(path)]
    return states


def has_changed(path: str, state: FileState) -> bool:
    """Whether a file was replaced, written or removed since a moment ago, by what the file system says."""
    try:
        return _look(Path(path)) != state[:4]
    except OSError:
        return True


def _look(path: Path) -> FileState:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
