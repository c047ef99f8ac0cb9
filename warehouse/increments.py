"""Decide what a build on an existing warehouse has to read of each raw table: its new Parquet parts, nothing, or all.

Everything is read when something may have changed what was computed before: then the tables of an increment would not
be those of a full build. The last build is remembered only while it is complete (macros/increments/), so a build that
failed, was killed, or made some models or read some rows only is followed by a full one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.file_states import FileState, file_states, has_changed
from warehouse.fingerprint import project_fingerprint
from warehouse.landing import LandedTable, read_contract
from warehouse.places import PROJECT

# What the other tables say is computed anew from their stored rows. Not so what events say, which is by far the most:
# so where these cannot be added to, nothing can.
EVENTS = "subscription_events"
# What is read of a raw table: nothing, since its files are the same; the new ones of its Parquet parts; or all.
NONE, NEW, ALL = "none", "new", "all"


@dataclass(frozen=True)
class BuildFacts:
    """What dbt and the warehouse know when the raw tables have landed (macros/increments/build_plan.sql).

    `partial_option`: an option of dbt by which not every row is read; empty = none. `last_state`, `last_lifecycle`:
    of the last complete build; None = there is none. `rates_changed`: whether a rate that its events may need is
    another one. `first_rates_changed`: whether the first day with a rate may be another one, before which no amount of
    any table can be used. `reported_files`: hashes of the files behind the figures reported last; None = nothing was
    reported.
    """

    settings: Mapping[str, str]
    last_state: Mapping | None
    last_lifecycle: str | None = None
    rates_changed: bool = False
    first_rates_changed: bool = False
    full_refresh: bool = False
    partial_option: str = ""
    all_selected: bool = True
    reported_files: list[str] | None = None


@dataclass(frozen=True)
class BuildPlan:
    """What to read. `because` says why, in words for the build's output.

    `reads`: NONE, NEW or ALL by raw table; of a full build ALL of every table. `new_files`: the parts that are NEW, by
    raw table. `unreported` are the parts of the events that were not there when the last figures were reported. `state`
    is what the next build compares itself with.
    """

    is_increment: bool
    because: str
    state: dict
    reads: Mapping[str, str]
    new_files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    unreported: tuple[Path, ...] = ()


def plan_build(landed: list[LandedTable], facts: BuildFacts) -> BuildPlan:
    """Compare the landing folder, the settings and the project with those of the last complete build."""
    state = _state(landed, facts)
    unreported = _unreported(state, facts.reported_files)
    if because := _why_full(landed, facts, state):
        return BuildPlan(False, because, state, dict.fromkeys(state["files"], ALL), unreported=unreported)
    reads = {table: _read_of(table, facts, state) for table in state["files"]}
    last = facts.last_state["files"]
    new = {
        table: tuple(Path(path) for path in files if read == NEW and path not in last[table])
        for (table, files), read in zip(state["files"].items(), reads.values(), strict=True)
    }
    return BuildPlan(True, _what_is_read(reads, new), state, reads, new, unreported)


def _read_of(table: str, facts: BuildFacts, state: dict) -> str:
    """What an increment reads of a raw table."""
    last = facts.last_state
    files, seen = _hashes(state["files"][table]), _hashes(last["files"][table])
    if not files and not seen:
        return NONE
    is_read_alike = all((table in state[what]) == (table in last[what]) for what in ("views", "read_as_text"))
    if not is_read_alike or (facts.first_rates_changed and table in _tables_with_money()):
        return ALL
    if files == seen:
        return NONE
    return NEW if table in state["views"] and seen.items() <= files.items() else ALL


def _tables_with_money() -> set[str]:
    """Without the events, of which every rate of past days is looked at (rates_changed)."""
    return {table.name for table in read_contract() if table.has_money} - {EVENTS}


def _what_is_read(reads: Mapping[str, str], new: Mapping[str, tuple[Path, ...]]) -> str:
    parts = [
        f"{len(new[table])} new file{'s' * (len(new[table]) != 1)} of {table}" if read == NEW else f"all of {table}"
        for table, read in reads.items()
        if read != NONE
    ]
    return ", ".join(parts) or "no new file"


def _why_full(landed: list[LandedTable], facts: BuildFacts, state: dict) -> str:
    """Why everything has to be read; empty = an increment will do."""
    last, events = facts.last_state, _find(landed, EVENTS)
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
        return f"{EVENTS} is no folder of Parquet parts, of which the new ones could be told"
    if events.is_read_as_text != (EVENTS in last["read_as_text"]):
        return f"the parts of {EVENTS} disagree on a type since, or no longer do"
    files, seen = _hashes(state["files"][EVENTS]), _hashes(last["files"][EVENTS])
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
        "read_as_text": [found.table.name for found in landed if found.is_read_as_text],
        "settings": dict(facts.settings),
        "project": project_fingerprint(PROJECT),
    }


def _unreported(state: Mapping, reported: list[str] | None) -> tuple[Path, ...]:
    """The parts that came since the last report; none where parts are gone since: then old rows lie in new files."""
    files = _hashes(state["files"][EVENTS]) if EVENTS in state["views"] else {}
    if reported is None or not set(reported) <= set(files.values()):
        return ()
    return tuple(Path(path) for path, content in files.items() if content not in set(reported))


def _find(landed: list[LandedTable], name: str) -> LandedTable:
    return next(found for found in landed if found.table.name == name)


def _paths(found: LandedTable) -> list[Path]:
    return [path for source in found.sources for path in source.paths]


def _hashes(files: Mapping[str, FileState]) -> dict[str, str]:
    return {path: state[-1] for path, state in files.items()}
