"""Name what lies in a landing folder, looks like a table, and is not read: a table that is missed by a letter would
otherwise be as silent as one that was never sent.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from warehouse.landing import LandedTable, files_in, readable

TABLE_SUFFIXES = {
    ".csv", ".tsv", ".psv", ".tab", ".dat", ".parquet", ".pq", ".parq", ".json", ".jsonl", ".ndjson", ".xlsx", ".xls",
    ".ods", ".orc", ".avro", ".feather", ".arrow",
}  # fmt: skip
PACKED_SUFFIXES = {".gz", ".zip", ".bz2", ".zst", ".xz", ".7z"}
HIDDEN = (".", "_")  # of other tools: _SUCCESS, .DS_Store, ._part-0.parquet
ALIKE = 0.75  # share of letters that two names have in common, from which one is taken for the other misspelt
NAMED = 10


def unread_files(folder: Path, landed: list[LandedTable]) -> list[str]:
    """Return a line for each file or folder that looks like a table and is not read, saying why and what to do.

    Args:
        folder: landing folder.
        landed: what is read of it.
    """
    lines = list(_unread(folder, landed))
    if len(lines) > NAMED:
        lines[NAMED - 1 :] = [f"{len(lines) - NAMED + 1} more in the landing folder look like tables and are not read"]
    return lines


def _unread(folder: Path, landed: list[LandedTable]) -> Iterator[str]:
    read = {path for found in landed for source in found.sources for path in source.paths}
    tables = {found.table.name: found for found in landed}
    for place in sorted(folder.iterdir()):
        if place.name.startswith(HIDDEN) or place in read:
            continue
        inside = _tables_in(place)
        name = readable(place.name) + ("/" if place.is_dir() else "")
        stem = place.name.lower().split(".")[0]
        if stem in tables and read.intersection(files := files_in(place, hidden=HIDDEN)):
            yield from (
                f"{name}{readable(file.relative_to(place))} is not read: in a folder only Parquet parts (*.parquet) are"
                for file in files
                if file not in read and _looks_like_table(file)
            )
        elif not inside and not _looks_like_table(place):
            continue
        elif stem in tables and tables[stem].sources:
            first = tables[stem].sources[0].paths[0].relative_to(folder)
            instead = f"{first.parts[0]}/" if len(first.parts) > 1 else first.name
            yield f"{name} is not read: {readable(instead)} is table {stem}. Remove one of them"
        elif alike := difflib.get_close_matches(stem.replace("-", "_").replace(" ", "_"), tables, 1, ALIKE):
            yield (
                f"{name} is not read: if it is table {alike[0]}, name it {alike[0]}.csv or {alike[0]}.parquet, or make "
                f"it a folder {alike[0]}/ of Parquet parts"
            )
        else:
            yield f"{name} is not read: no table has this name"


def _tables_in(folder: Path) -> list[Path]:
    """What looks like a table right in a folder: what lies deeper may be anything."""
    try:
        return [file for file in folder.iterdir() if not file.name.startswith(HIDDEN) and _looks_like_table(file)]
    except OSError:  # no folder, or not ours to open
        return []


def _looks_like_table(file: Path) -> bool:
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in PACKED_SUFFIXES:
        suffixes.pop()
        return not suffixes or suffixes[-1] in TABLE_SUFFIXES
    return bool(suffixes) and suffixes[-1] in TABLE_SUFFIXES
