"""Topics and sentiment of labelled comments are found as well as was written down, and better than by substrings."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "topics"))

import evaluate  # of no package

LANGUAGES = ("English", "Arabic", "Persian")
PARTS = ("tuning", "held_out")


@pytest.fixture(scope="module")
def figures() -> list[dict[str, str]]:
    return list(evaluate.figures(evaluate.labelled_comments()))


def test_the_figures_are_those_written_down(figures: list[dict[str, str]]) -> None:
    """After a change of the words for the better: make topics WRITE=yes."""
    assert figures == evaluate.expected()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("what", ["topic", "topic and sentiment", "sentiment"])
def test_words_beat_substrings(figures: list[dict[str, str]], part: str, language: str, what: str) -> None:
    of = {
        row["method"]: float(row["f1"])
        for row in figures
        if (row["part"], row["language"], row["what"], row["name"]) == (part, language, what, "all")
    }
    assert of["words"] > of["baseline"] + 0.2


def test_the_labelled_comments_are_enough_and_sound() -> None:
    comments = evaluate.labelled_comments()
    assert len({row["comment_id"] for row in comments}) == len({row["comment"] for row in comments}) == len(comments)
    languages = Counter(row["language"] for row in comments)
    held_out = Counter(row["language"] for row in comments if row["part"] == "held_out")
    for language in LANGUAGES:
        assert languages[language] >= 140
        assert held_out[language] == languages[language] // 3
    topics, sentiments = evaluate.labels(comments)
    with (evaluate.PROJECT / "seeds" / "topic_words.csv").open(encoding="utf-8") as file:
        known = {row["topic"] for row in evaluate.csv.DictReader(file)} - {""}
    assert {topic for of in topics.values() for topic in of} == known
    assert set(sentiments.values()) == {"positive", "negative", "mixed", "neutral"}
