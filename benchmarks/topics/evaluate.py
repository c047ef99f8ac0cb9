"""`make topics`: how well topics and sentiment of comments are found, on comments that people labelled.

labelled_comments.csv has short comments in English, Arabic and Persian, written and labelled for this: their topics,
what they say of each (-1, 0, 1) and their sentiment. Errors were looked at in the part `tuning` only; `held_out` says
how the words do on others. Beside them stands a baseline: baseline_words.csv, 30 English substrings.

The figures that were written down (expected.csv) are compared by a test. After a change of the words for the better:

    make topics WRITE=yes
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import duckdb

FOLDER = Path(__file__).parent
PROJECT = FOLDER.parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "python")]

import harness  # noqa: E402 - of the tests, which are no package

EXPECTED = FOLDER / "expected.csv"
COMMENTS = FOLDER / "labelled_comments.csv"
BASELINE = FOLDER / "baseline_words.csv"
MODELS = (
    "int_topic_words",
    "int_text_words_this_run",
    "int_text_patterns_this_run",
    "int_topic_word_hits_this_run",
    "int_text_topics",
)
COLUMNS = ("part", "language", "what", "name", "method", "labelled", "found", "right", "precision", "recall", "f1")

# comment_id -> {topic: -1, 0 or 1}, and comment_id -> positive, negative, mixed or neutral
Topics = dict[str, dict[str, int]]
Sentiments = dict[str, str]


def labelled_comments() -> list[dict[str, str]]:
    """The labelled comments, as they stand in the file."""
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def labels(comments: list[dict[str, str]]) -> tuple[Topics, Sentiments]:
    """What people said of the comments."""
    topics = {
        row["comment_id"]: {name: int(value) for name, value in (pair.split(":") for pair in row["topics"].split())}
        for row in comments
    }
    return topics, {row["comment_id"]: row["sentiment"] for row in comments}


def found_by_models(comments: list[dict[str, str]]) -> tuple[Topics, Sentiments]:
    """What the project's models find in the comments."""
    topics: Topics = defaultdict(dict)
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {harness.DATABASE}; use {harness.DATABASE}")
        connection.execute("create schema intermediate; create schema seeds")
        connection.execute("create table intermediate.int_texts (text_id varchar, text varchar)")
        connection.executemany(
            "insert into intermediate.int_texts values (?, ?)",
            [(row["comment_id"], row["comment"]) for row in comments],
        )
        for step in harness.compiled_steps("{}"):
            if step.name in (*MODELS, "topic_words"):
                connection.execute(f"create {step.kind} {step.relation} as {step.code}")
        rows = connection.execute(
            "select text_id, topic, praises, complaints, sentiment from intermediate.int_text_topics"
        ).fetchall()
    praises, complaints = defaultdict(int), defaultdict(int)
    for comment_id, topic, praised, complained, sentiment in rows:
        topics[comment_id][topic] = sentiment
        praises[comment_id] += praised
        complaints[comment_id] += complained
    names = {(True, True): "mixed", (True, False): "positive", (False, True): "negative", (False, False): "neutral"}
    sentiments = {
        row["comment_id"]: names[praises[row["comment_id"]] > 0, complaints[row["comment_id"]] > 0] for row in comments
    }
    return topics, sentiments


def found_by_baseline(comments: list[dict[str, str]]) -> tuple[Topics, Sentiments]:
    """What substrings find: each that a comment holds, their sentiments added up."""
    with BASELINE.open(encoding="utf-8", newline="") as file:
        words = [(row["keyword"], row["topic"], int(row["sentiment"])) for row in csv.DictReader(file)]
    topics: Topics = defaultdict(dict)
    sentiments = {}
    for row in comments:
        balance = 0
        for keyword, topic, sentiment in words:
            if keyword in row["comment"].lower():
                balance += sentiment
                topics[row["comment_id"]][topic] = topics[row["comment_id"]].get(topic, 0) + sentiment
        sentiments[row["comment_id"]] = "positive" if balance > 0 else "negative" if balance < 0 else "neutral"
    signs = {comment: {topic: (sum_ > 0) - (sum_ < 0) for topic, sum_ in of.items()} for comment, of in topics.items()}
    return signs, sentiments


def figures(comments: list[dict[str, str]]) -> Iterator[dict[str, str]]:
    """Precision, recall and F1 by part, language, and topic or sentiment, of the models and of the baseline.

    `topic` is whether it was found, `topic and sentiment` whether also what is said of it is right.
    """
    truth = labels(comments)
    for method, (topics, sentiments) in (
        ("words", found_by_models(comments)),
        ("baseline", found_by_baseline(comments)),
    ):
        counts: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
        for row in comments:
            comment = row["comment_id"]
            wanted, got = truth[0].get(comment, {}), topics.get(comment, {})
            pairs = [
                *(("topic", name, name in wanted, name in got) for name in wanted.keys() | got.keys()),
                *(
                    ("topic and sentiment", "all", (name, value) in wanted.items(), (name, value) in got.items())
                    for name, value in wanted.items() | got.items()
                ),
                *(
                    ("sentiment", name, truth[1][comment] == name, sentiments[comment] == name)
                    for name in {truth[1][comment], sentiments[comment]}
                ),
            ]
            for what, name, is_wanted, is_found in pairs:
                for shown in {name, "all"}:
                    count = counts[row["part"], row["language"], what, shown]
                    count[0] += is_wanted
                    count[1] += is_found
                    count[2] += is_wanted and is_found
        for key, (wanted, found, right) in sorted(counts.items()):
            precision, recall = (right / number if number else None for number in (found, wanted))
            f1 = 2 * right / (wanted + found)
            shown = ("" if value is None else f"{value:.3f}" for value in (precision, recall, f1))
            yield dict(zip(COLUMNS, (*key, method, *map(str, (wanted, found, right)), *shown), strict=True))


def expected() -> list[dict[str, str]]:
    """The figures that were written down."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Print the figures, the two methods beside each other, and where asked write them down."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", default="", help="anything: write the figures down as expected")
    arguments = parser.parse_args()
    found = list(figures(labelled_comments()))
    beside: dict[tuple[str, ...], dict[str, dict[str, str]]] = defaultdict(dict)
    for row in found:
        beside[row["part"], row["language"], row["what"], row["name"]][row["method"]] = row
    print(f"{'':58}{'labelled':>9}   precision recall    F1   baseline precision recall    F1")
    for key, methods in beside.items():
        ours, base = methods.get("words", {}), methods.get("baseline", {})
        shown = [f"{of.get(figure, '') or '-':>7}" for of in (ours, base) for figure in ("precision", "recall", "f1")]
        name = f"{key[0]:9} {key[1]:8} {key[2]:20} {key[3]}"
        print(f"{name:58}{(ours or base)['labelled']:>9}   {''.join(shown[:3])}     {''.join(shown[3:])}")
    if arguments.write:
        with EXPECTED.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(found)


if __name__ == "__main__":
    main()
