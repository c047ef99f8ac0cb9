"""Every mart of two engines against each other, row by row. The marts are dbt's own list: a new one joins by itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

Row = dict[str, object]
ReadMart = Callable[[str], list[Row]]
DIFFERENCES_SHOWN = 5


@dataclass(frozen=True)
class Mart:
    """A model of models/marts: its name and its key (meta.grain; empty = not declared, whole rows are compared)."""

    name: str
    grain: tuple[str, ...]


def marts(target_folder: Path) -> list[Mart]:
    """All marts in the manifest of a build."""
    manifest = json.loads((target_folder / "manifest.json").read_text(encoding="utf-8"))
    found = [
        Mart(node["name"], tuple(node["config"]["meta"].get("grain", ())))
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["path"].startswith("marts/")
    ]
    assert found, "the manifest has no model in models/marts"
    return sorted(found, key=lambda mart: mart.name)


def differences(found_marts: list[Mart], ours: ReadMart, theirs: ReadMart) -> list[str]:
    """What differs between the two, mart by mart, in words; empty = nothing."""
    return [text for mart in found_marts for text in _differences(mart, ours(mart.name), theirs(mart.name))]


def _differences(mart: Mart, ours: list[Row], theirs: list[Row]) -> list[str]:
    columns = [sorted(rows[0]) if rows else None for rows in (ours, theirs)]
    if ours and theirs and columns[0] != columns[1]:
        return [f"{mart.name}: columns {columns[0]} and {columns[1]}"]
    key = mart.grain or tuple(columns[0] or columns[1] or ())
    if len(ours) != len(theirs):
        keys = [{tuple(str(row[name]) for name in key) for row in rows} for rows in (ours, theirs)]
        alone = [sorted(keys[0] - keys[1])[:DIFFERENCES_SHOWN], sorted(keys[1] - keys[0])[:DIFFERENCES_SHOWN]]
        return [f"{mart.name}: {len(ours)} rows and {len(theirs)}; only here {alone[0]}, only there {alone[1]}"]
    ours, theirs = (sorted(rows, key=lambda row: [_sortable(row[name]) for name in key]) for rows in (ours, theirs))
    texts = [
        f"{mart.name} {[str(mine[part]) for part in mart.grain]} {name}: {mine[name]!r} and {its[name]!r}"
        for mine, its in zip(ours, theirs, strict=True)
        for name in mine
        if not _same(mine[name], its[name])
    ]
    more = [f"{mart.name}: {len(texts)} differences in all"] if len(texts) > DIFFERENCES_SHOWN else []
    return texts[:DIFFERENCES_SHOWN] + more


def _sortable(value: object) -> tuple:
    """Null first, numbers of different types together, rounded so that the last bit moves no row."""
    if isinstance(value, int | float | Decimal):
        return (1, float(f"{value:.9g}"))
    return (0,) if value is None else (1, str(value))


def _same(mine: object, its: object) -> bool:
    if isinstance(mine, float) and isinstance(its, float):
        return math.isclose(mine, its, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(mine) and math.isnan(its))
    if isinstance(mine, datetime) and isinstance(its, datetime):
        return mine.replace(tzinfo=None) == its.replace(tzinfo=None)
    return type(mine) is type(its) and mine == its
