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

# What follows from models fitted in Python, which runs on DuckDB only: the others may have a null there. A mart that is
# nothing but that (None) is empty there.
FITTED: dict[str, tuple[str, ...] | None] = {
    "fct_customer_lifetime_values": (
        "residual_value",
        "residual_value_lower",
        "residual_value_upper",
        "clv",
        "clv_to_cac",
    ),
    "fct_churn_predictions": tuple(
        f"reason_{number}{part}" for number in (1, 2, 3) for part in ("", "_value", "_usual", "_effect")
    ),
    "rpt_customer_360": ("residual_value", "clv", "clv_to_cac", "churn_reason_1", "churn_reason_2", "churn_reason_3"),
    "rpt_acquisition_costs": ("clv", "clv_to_cac"),
    "rpt_clv": ("clv_modelled", "clv_modelled_lower", "clv_modelled_upper", "fallback_segment_value", "fit_note"),
    "rpt_churn_model_evaluation": None,
    "rpt_clv_backtest": None,
    "rpt_clv_model_fits": None,
    "rpt_nps_drivers": None,
}


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
    """What differs between the two, theirs being without Python, mart by mart, in words; empty = nothing."""
    return [text for mart in found_marts for text in _differences(mart, ours(mart.name), theirs(mart.name))]


def _differences(mart: Mart, ours: list[Row], theirs: list[Row]) -> list[str]:
    fitted = FITTED.get(mart.name, ())
    if fitted is None:
        return [f"{mart.name}: {len(theirs)} rows without Python"] if theirs else []
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
        if not _same(mine[name], its[name]) and not (name in fitted and its[name] is None)
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
