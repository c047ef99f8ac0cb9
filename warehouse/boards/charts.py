"""A board's Vega-Lite spec as the page draws it: numbers, titles and direction of the reader's language."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from warehouse.boards.words import Words

NUMBERS = {"integer", "decimal", "ratio", "money", "percent", "percent0", "change", "score", "figure"}
AXES = ("x", "y")
WITH_LEGEND = ("color", "fill", "stroke", "strokeDash", "shape", "opacity")


def drawn(spec: Mapping[str, Any], columns: Mapping[str, str], words: Words) -> dict[str, Any]:
    """The spec with what every chart of the boards has: a tooltip, headings as titles, the numbers and direction of the
    language."""
    spec = _walked(copy.deepcopy(dict(spec)), columns, words)
    spec.setdefault("encoding", {})["tooltip"] = [
        {"field": column, "title": words.heading(column), **_shape(shown)} for column, shown in columns.items()
    ]
    return {"width": "container", "height": 240, "data": {"name": "rows"}, **spec}


def _shape(shown: str, where: str = "") -> dict[str, str]:
    """How a column is written; on an axis, shorter."""
    if shown in NUMBERS:
        return {"type": "quantitative", "format": shown + where, "formatType": "shown"}
    return {"type": "nominal"}


def _walked(node: Any, columns: Mapping[str, str], words: Words) -> Any:
    if isinstance(node, list):
        return [_walked(each, columns, words) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: _walked(value, columns, words) for key, value in node.items()}
    if isinstance(node.get("encoding"), dict):
        node["encoding"] = {
            channel: _channel(channel, definition, columns, words) for channel, definition in node["encoding"].items()
        }
    if words.is_right_to_left and node.get("align") in ("left", "right"):
        node["align"] = "right" if node["align"] == "left" else "left"
        node["dx"] = -node.get("dx", 0)
    return node


def _channel(channel: str, definition: Any, columns: Mapping[str, str], words: Words) -> Any:
    if not isinstance(definition, dict) or "field" not in definition:
        return definition
    name = definition["field"]
    shown = columns.get(name, "text")
    definition = _translated(definition, shown, words)
    if channel in AXES:
        definition = _axis(channel, name, shown, definition, words)
    elif channel == "text" and shown in NUMBERS:
        definition = {**_shape(shown), **definition}
    elif channel in WITH_LEGEND:
        definition.setdefault("title", None)
    return definition


def _axis(channel: str, name: str, shown: str, definition: dict[str, Any], words: Words) -> dict[str, Any]:
    if "title" not in definition:
        definition["title"] = None if name == "period" else words.heading(name)
    if definition.get("axis", {}) is not None:
        axis: dict[str, Any] = {}
        if definition["type"] == "quantitative":
            axis = {key: value for key, value in _shape(shown, "~").items() if key != "type"}
            if shown == "integer":
                axis["tickMinStep"] = 1  # there is no half a customer
        elif channel == "x":
            axis = {"labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 14}
        if words.is_right_to_left and channel == "y":
            axis["orient"] = "right"
        definition["axis"] = {**axis, **definition.get("axis", {})}
    if definition["type"] != "quantitative":
        definition.setdefault("sort", None)  # as the query has them
    if words.is_right_to_left and channel == "x":
        definition["scale"] = {**definition.get("scale", {}), "reverse": True}
    return definition


def _translated(definition: dict[str, Any], kind: str, words: Words) -> dict[str, Any]:
    """The codes that a scale or an order names, as the rows have them: labels."""
    domain = definition.get("scale", {}).get("domain") if isinstance(definition.get("scale"), dict) else None
    if domain and all(isinstance(code, str) for code in domain):
        definition["scale"]["domain"] = [words.label(kind, code) for code in domain]
    if isinstance(definition.get("sort"), list):
        definition["sort"] = [words.label(kind, code) for code in definition["sort"]]
    return definition
