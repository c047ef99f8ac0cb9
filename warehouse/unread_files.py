"""Name what lies in a landing folder, looks like a table or a column of one, and is not read: a table that is missed by
a letter would otherwise be as silent as one that was never sent.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from warehouse.file_formats import SUFFIXES
from warehouse.landing import LandedTable, files_in, readable

TABLE_SUFFIXES = {
    ".csv", ".tsv", ".psv", ".tab", ".dat", ".parquet", ".pq", ".parq", ".json", ".jsonl", ".ndjson", ".xlsx", ".xls",
    ".ods", ".orc", ".avro", ".feather", ".arrow",
}  # fmt: skip
PACKED_SUFFIXES = {".gz", ".zip", ".bz2", ".zst", ".xz", ".7z"}
READ_SUFFIXES = (".parquet", *SUFFIXES)
HIDDEN = (".", "_")  # of other tools: _SUCCESS, .DS_Store, ._part-0.parquet
ALIKE = 0.75  # share of letters that two names have in common, from which one is taken for the other misspelt
NAMED = 10
ALIKE_NAMED = 2


def landing_warnings(folder: Path, landed: list[LandedTable]) -> list[str]:
    """What a build warns of before it reads a row: unread_files() and read_as()."""
    return [*unread_files(folder, landed), *read_as(folder, landed)]


def unread_files(folder: Path, landed: list[LandedTable]) -> list[str]:
    """Return a line for each file, folder or column that looks like one of the contract and is not read, saying why and
    what to do.

    Args:
        folder: landing folder.
        landed: what is read of it.
    """
    lines = [*_unread(folder, landed), *_unread_columns(folder, landed)]
    if len(lines) > NAMED:
        lines[NAMED - 1 :] = [f"{len(lines) - NAMED + 1} more in the landing folder look like tables and are not read"]
    return lines


def read_as(folder: Path, landed: list[LandedTable]) -> list[str]:
    """A line for each file that is read otherwise than it should be written."""
    return [
        f"{place_of(folder, found)} is no UTF-8, and was read as cp1252 (Windows, Western Europe): look whether its "
        "letters are right, or write it in UTF-8"
        for found in landed
        for source in found.sources
        if source.text and source.text.encoding == "cp1252"
    ]


def place_of(folder: Path, found: LandedTable) -> str:
    """The file or the folder of the landing folder that is a table, as people write it."""
    first = found.sources[0].paths[0].relative_to(folder)
    return readable(f"{first.parts[0]}/" if len(first.parts) > 1 else first.name)


def _unread(folder: Path, landed: list[LandedTable]) -> Iterator[str]:
    read = {path for found in landed for path in _paths(found)}
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
            found = tables[stem]
            hidden, shown = _bytes_of([place, *files_in(place, hidden=HIDDEN)]), _bytes_of(_paths(found))
            larger = f", although it is larger ({hidden:,} bytes, not {shown:,})" if hidden > shown else ""
            yield f"{name} is not read{larger}: {place_of(folder, found)} is table {stem}. Remove one of them"
        elif alike := _table_like(stem, tables):
            yield f"{name} is not read: if it is table {alike}, {_how_to_land(place, alike)}"
        elif known := [file for file in inside if file.name.lower().split(".")[0] in tables]:
            yield (
                f"{name} is not read: no table has this name, but it holds {readable(known[0].name)}. Name that folder "
                "in RAW_DATA_DIR, or move what is in it one up"
            )
        else:
            yield f"{name} is not read: no table has this name"


def _table_like(stem: str, tables: Iterable[str]) -> str:
    """The table that a file's name may mean: misspelt, or with further words (customers_2024); empty = none."""
    words = _words(stem)
    with_further = [table for table in tables if set(table.split("_")) < set(words)]
    return next(iter(with_further or difflib.get_close_matches("_".join(words), tables, 1, ALIKE)), "")


def _words(name: str) -> list[str]:
    return re.split(r"[-_ ]+", name)


def _how_to_land(place: Path, table: str) -> str:
    if place.is_dir():
        return f"make it a folder {table}/ of Parquet parts"
    if suffix := max((suffix for suffix in READ_SUFFIXES if place.name.lower().endswith(suffix)), key=len, default=""):
        return f"name it {table}{suffix}"
    return f"write it as {table}.parquet, {table}.csv or in another format of docs/input.md"


def _unread_columns(folder: Path, landed: list[LandedTable]) -> Iterator[str]:
    for found in landed:
        missing = [column for column in found.table.columns if column not in found.columns]
        further = dict.fromkeys(name for source in found.sources for name in source.further)
        folders = {part for path in _paths(found) for part in path.relative_to(folder).parts[1:-1]}
        for column in missing:
            if named := sorted(name for name in folders if name.lower().startswith(f"{column}=")):
                yield (
                    f"{place_of(folder, found)}: {column} stands in names of folders ({readable(named[0])}/), which "
                    "are not read: write it into the files too"
                )
        for name in further:
            words = set(_words(name))
            # segment for customer_segment, amount_usd for amount
            alike = [column for column in missing if words < set(column.split("_")) or words > set(column.split("_"))]
            if alike := alike or difflib.get_close_matches(name, missing, 1, ALIKE):
                yield (
                    f"{place_of(folder, found)}: its column {readable(name)} is not read: if it is "
                    f"{' or '.join(alike[:ALIKE_NAMED])}, name it so"
                )


def _paths(found: LandedTable) -> list[Path]:
    return [path for source in found.sources for path in source.paths]


def _bytes_of(files: list[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.is_file())


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
