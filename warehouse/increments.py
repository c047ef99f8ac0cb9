"""Decide what a build on an existing warehouse has to read: the new Parquet parts of the events, or everything.

Everything is read when something may have changed what was computed before: then the tables of an increment would not
be those of a full build. The last build is remembered only while it is complete (macros/increments/), so a build that
failed, was killed or made some models only is followed by a full one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from warehouse.landing import LandedTable

PROJECT = Path(__file__).parents[1]
# What the tables follow from, besides the raw rows.
PROJECT_FILES = ("dbt_project.yml", "profiles.yml", "models/**/*", "macros/**/*", "seeds/**/*", "warehouse/*.py")
INCREMENTAL_TABLE = "subscription_events"
# Tables as long as there are customers, whose checked rows an increment keeps while their files are the same.
KEPT_TABLES = ("customers",)


@dataclass(frozen=True)
class BuildPlan:
    """What to read. `new_files` is None for a full build; `because` says why, in words for the build's output.

    `unchanged` are the KEPT_TABLES that an increment need not read. `state` is what the next build compares itself
    with: the files read, the settings and the project.
    """

    new_files: tuple[Path, ...] | None
    because: str
    state: dict
    unchanged: tuple[str, ...] = ()


def plan_build(
    landed: list[LandedTable], settings: Mapping[str, object], last_state: Mapping | None, no_increment: str = ""
) -> BuildPlan:
    """Compare the landing folder, the settings and the project with those of the last complete build.

    Args:
        landed: the tables of the landing folder.
        settings: dbt vars that the stored tables depend on.
        last_state: state of the last complete build; None = there is none.
        no_increment: why the caller wants a full build; empty = it does not.
    """
    (events,) = (found for found in landed if found.table.name == INCREMENTAL_TABLE)
    files = _files(events)
    state = {
        "files": files,
        "kept": {found.table.name: _files(found) for found in landed if found.table.name in KEPT_TABLES},
        "is_read_as_text": events.is_read_as_text,
        "settings": dict(settings),
        "project": project_fingerprint(),
    }

    def full(because: str) -> BuildPlan:
        return BuildPlan(None, because, state)

    if no_increment:
        return full(no_increment)
    if last_state is None:
        return full("there is no complete build to add to")
    if state["project"] != last_state["project"]:
        return full("the project's models, macros, seeds or tools changed")
    changed = sorted(name for name in settings if settings[name] != last_state["settings"].get(name))
    if changed:
        return full(f"the setting {changed[0]} changed")
    if events.kind != "parquet":
        return full(f"{INCREMENTAL_TABLE} is no folder of Parquet parts, of which the new ones could be told")
    if events.is_read_as_text != last_state["is_read_as_text"]:
        return full(f"the parts of {INCREMENTAL_TABLE} disagree on a type since, or no longer do")
    if lost := sorted(set(last_state["files"]) - set(files)):
        return full(f"{Path(lost[0]).name} is gone")
    if other := sorted(path for path, seen in last_state["files"].items() if files[path] != seen):
        return full(f"{Path(other[0]).name} is not what it was")
    new = tuple(Path(path) for path in files if path not in last_state["files"])
    unchanged = tuple(table for table in KEPT_TABLES if state["kept"][table] == last_state["kept"].get(table))
    return BuildPlan(new, f"{len(new)} new file{'s' * (len(new) != 1)} of {INCREMENTAL_TABLE}", state, unchanged)


def _files(landed: LandedTable) -> dict[str, list[int]]:
    """The files of a landed table with their `_signature`; none if it did not land."""
    return {str(path): list(_signature(path)) for source in landed.sources for path in source.paths}


def _signature(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def project_fingerprint() -> str:
    """A hash of all that the stored tables follow from, and of the tools' versions."""
    digest = hashlib.sha256()
    for file in sorted(file for pattern in PROJECT_FILES for file in PROJECT.glob(pattern)):
        if file.is_file() and "__pycache__" not in file.parts:
            digest.update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes() + b"\0")
    for tool in ("duckdb", "dbt-core", "dbt-duckdb"):
        digest.update(f"{tool} {version(tool)}\0".encode())
    return digest.hexdigest()
