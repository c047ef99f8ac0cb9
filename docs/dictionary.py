"""The data dictionary: every column of every mart, with its type, meaning and name in one language, as one HTML page.

What a column means is said in English, by the YAML of the models. Its name comes from seeds/labels.csv, in the language
of the page, where it has one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import yaml

from warehouse.boards.words import LANGUAGES, Words, read_words

TEMPLATE = Path(__file__).with_name("dictionary.html.j2")
SAID = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))


def dictionary_pages(manifest: Mapping[str, Any]) -> dict[str, str]:
    """The HTML of the page of each language, by its code.

    Args:
        manifest: dbt's manifest of the project.
    """
    marts = [node for node in manifest["nodes"].values() if _is_mart(node)]
    marts.sort(key=lambda node: (node["fqn"][2], node["name"]))
    boards = _boards_by_mart(manifest["exposures"].values())
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return {
        language: template.render(
            language=language,
            languages=LANGUAGES,
            is_right_to_left=words.is_right_to_left,
            say={key: said[language] for key, said in SAID["page"].items()},
            marts=[_mart(node, words, boards) for node in marts],
        )
        for language, words in read_words().items()
    }


def name_of(column: str, words: Words) -> str:
    """What a column is called in a language; empty = it has no name there."""
    for kind in ("metric", "column"):
        if words.knows(kind, column):
            return words.label(kind, column)
    for part, said in SAID["parts"].items():
        if column.endswith(part) and (name := name_of(column.removesuffix(part), words)):
            return f"{name}: {said[words.language]}"
    return ""


def _is_mart(node: Mapping[str, Any]) -> bool:
    return node["resource_type"] == "model" and node["fqn"][1] == "marts"


def _mart(node: Mapping[str, Any], words: Words, boards: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    answers = re.search(r"\*\*What it answers\.\*\* (.+?)(?:\n\n|$)", node["description"], re.DOTALL)
    grain = node["config"]["meta"]["grain"]
    columns = [
        {
            "code": column["name"],
            "name": name_of(column["name"], words),
            "type": column["data_type"],
            "meaning": column["description"],
            "is_key": column["name"] in grain,
        }
        for column in node["columns"].values()
    ]
    return {
        "name": node["name"],
        "subject": node["fqn"][2],
        "answers": answers[1] if answers else "",
        "columns": columns,
        "boards": [(board, words.sentence(title)) for board, title in boards.get(node["name"], [])],
    }


def _boards_by_mart(exposures: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """The boards that show each mart: their file and title."""
    found: dict[str, list[tuple[str, str]]] = {}
    for exposure in exposures:
        if exposure["type"] == "dashboard":
            for mart in exposure["depends_on"]["nodes"]:
                board = exposure["name"].removeprefix("board_")
                found.setdefault(mart.split(".")[2], []).append((board, board.capitalize()))
    return found
