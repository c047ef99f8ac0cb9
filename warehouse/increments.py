"""Decide what a build on an existing warehouse has to read: the new Parquet parts of the events, or everything.

Everything is read when something may have changed what was computed before: then the tables of an increment would not
be those of a full build. The last build is remembered only while it is complete (macros/increments/), so a build that
failed, was killed, or made some models or read some rows only is followed by a full one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from warehouse.file_states import FileState, file_states, has_changed
from warehouse.fingerprint import project_fingerprint
from warehouse.landing import LandedTable

PROJECT = Path(__file__).parents[1]
INCREMENTAL_TABLE = "subscription_events"
# Tables as long as there are customers, whose checked rows an increment keeps while their files are the same.
KEPT_TABLES = ("customers",)


@dataclass(frozen=True)
class BuildFacts:
    """What dbt and the warehouse know when the raw tables have landed (macros/increments/build_plan.sql).

    `partial_option`: an option of dbt by which not every row is read; empty = none. `last_state`, `last_lifecycle`:
    of the last complete build; None = there is none. `rates_changed`: whether a rate that its rows may need is another
    one. `reported_files`: hashes of the files behind the figures reported last; None = nothing was reported.
    """

    settings: Mapping[str, str]
    last_state: Mapping | None
    last_lifecycle: str | None = None
    rates_changed: bool = False
    full_refresh: bool = False
    partial_option: str = ""
    all_selected: bool = True
    reported_files: list[str] | None = None


@dataclass(frozen=True)
class BuildPlan:
    """What to read. `new_files` is None for a full build; `because` says why, in words for the build's output.

    `unchanged` are the KEPT_TABLES that an increment need not read. `unreported` are the parts of the events that were
    not there when the last figures were reported. `state` is what the next build compares itself with.
    """

    new_files: tuple[Path, ...] | None
    because: str
    state: dict
    unchanged: tuple[str, ...] = ()
    unreported: tuple[Path, ...] = ()


def plan_build(landed: list[LandedTable], facts: BuildFacts) -> BuildPlan:
    """Compare the landing folder, the settings and the project with those of the last complete build."""
    last = facts.last_state
    state = _state(landed, facts)
    unreported = _unreported(state, facts.reported_files)
    if because := _why_full(landed, facts, state):
        return BuildPlan(None, because, state, unreported=unreported)
    files = state["files"][INCREMENTAL_TABLE]
    new = tuple(Path(path) for path in files if path not in last["files"][INCREMENTAL_TABLE])
    unchanged = tuple(
        table for table in KEPT_TABLES if _hashes(state["files"][table]) == _hashes(last["files"].get(table, {}))
    )
    because = f"{len(new)} new file{'s' * (len(new) != 1)} of {INCREMENTAL_TABLE}"
    return BuildPlan(new, because, state, unchanged, unreported)


def _why_full(landed: list[LandedTable], facts: BuildFacts, state: dict) -> str:
    """Why everything has to be read; empty = an increment will do."""
    last, events = facts.last_state, _find(landed, INCREMENTAL_TABLE)
    if facts.full_refresh:
        return "--full-refresh asks for it"
    if facts.partial_option:
        return f"{facts.partial_option} leaves rows out"
    if not facts.all_selected:
        return "only some of the models that the marts are made from were selected"
    if last is None:
        return "there is no complete build to add to"
    if state["project"] != last["project"]:
        return "the code of the project's models, macros or seeds changed, or a tool"
    settings = {**last["settings"], **facts.settings}
    if changed := sorted(name for name in settings if facts.settings.get(name) != last["settings"].get(name)):
        return f"the setting {changed[0]} changed"
    if events.kind != "parquet":
        return f"{INCREMENTAL_TABLE} is no folder of Parquet parts, of which the new ones could be told"
    if events.is_read_as_text != last["is_read_as_text"]:
        return f"the parts of {INCREMENTAL_TABLE} disagree on a type since, or no longer do"
    files, seen = _hashes(state["files"][INCREMENTAL_TABLE]), _hashes(last["files"][INCREMENTAL_TABLE])
    if lost := sorted(seen.keys() - files.keys()):
        return f"{Path(lost[0]).name} is gone"
    if other := sorted(path for path in seen if files[path] != seen[path]):
        return f"{Path(other[0]).name} is not what it was"
    if facts.rates_changed:
        return "exchange rates of past days changed"
    if facts.last_lifecycle == "activity":
        return "customers come and go by orders or use, which are read whole"
    return ""


def changed_files(state: Mapping) -> list[str]:
    """The files that a build reads through views, and that are not what they were when it began.

    Args:
        state: of that build.
    """
    return [
        Path(path).name
        for table in state["views"]
        for path, seen in state["files"][table].items()
        if has_changed(path, seen)
    ]


def _state(landed: list[LandedTable], facts: BuildFacts) -> dict:
    """What the build reads, under which settings, made by which project."""
    known, known_at = (facts.last_state or {}).get("files", {}), (facts.last_state or {}).get("seen_at", 0)
    seen_at = time.time_ns()
    return {
        "seen_at": seen_at,
        "files": {
            found.table.name: file_states(_paths(found), known.get(found.table.name), known_at) for found in landed
        },
        "views": [found.table.name for found in landed if found.kind == "parquet"],
        "is_read_as_text": _find(landed, INCREMENTAL_TABLE).is_read_as_text,
        "settings": dict(facts.settings),
        "project": project_fingerprint(PROJECT),
    }


def _unreported(state: Mapping, reported: list[str] | None) -> tuple[Path, ...]:
    """The parts that came since the last report; none where parts are gone since: then old rows lie in new files."""
    files = _hashes(state["files"][INCREMENTAL_TABLE]) if INCREMENTAL_TABLE in state["views"] else {}
    if reported is None or not set(reported) <= set(files.values()):
        return ()
    return tuple(Path(path) for path, content in files.items() if content not in set(reported))


def _find(landed: list[LandedTable], name: str) -> LandedTable:
    return next(found for found in landed if found.table.name == name)


def _paths(found: LandedTable) -> list[Path]:
    return [path for source in found.sources for path in source.paths]


def _hashes(files: Mapping[str, FileState]) -> dict[str, str]:
    return {path: state[-1] for path, state in files.items()}
