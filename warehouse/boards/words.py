"""What the boards say in each language: labels of codes (seeds/labels.csv), sentences (boards/words.yml), periods."""

from __future__ import annotations

import csv
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import yaml
from babel import Locale
from babel.dates import format_date

from warehouse.boards.entries import BOARDS, WORDS
from warehouse.places import PROJECT

LABELS = PROJECT / "seeds" / "labels.csv"
LANGUAGES = {"en": "English", "ar": "العربية", "fa": "فارسی"}
RIGHT_TO_LEFT = ("ar", "fa")
DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "fa": "۰۱۲۳۴۵۶۷۸۹"}
PERIODS = {"month": "MMM y", "quarter": "QQQ y", "year": "y"}
# where the standard's short form is not what a business writes
PERIODS_OF = {"ar": {"quarter": "QQQQ y"}, "fa": {"quarter": "QQQQ y"}}


class Words:
    """The words of one language."""

    def __init__(self, language: str, labels: list[dict[str, str]], sentences: dict[str, dict[str, str]]) -> None:
        self.language = language
        self.is_right_to_left = language in RIGHT_TO_LEFT
        self.missing: set[str] = set()  # what was asked for and is not translated
        self._labels = {(row["kind"], row["key"]): row for row in labels}
        self._sentences = sentences

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.language)

    def sentence(self, english: str) -> str:
        """A sentence of a board or of the page itself."""
        if self.language == "en":
            return english
        found = self._sentences.get(english, {}).get(self.language)
        if not found:
            self.missing.add(english)
        return found or english

    def label(self, kind: str, key: str) -> str:
        """What a code is called; a code of the landed data itself, such as a plan, is its own name."""
        if kind == "country" and key.upper() in self._locale.territories:
            return self._locale.territories[key.upper()]
        if kind == "calendar_month":
            return self._locale.months["stand-alone"]["abbreviated"][int(key)]
        if kind == "digits":
            return self.digits(key)
        if kind == "driver" and ": " in key:  # a topic or plan
            what, value = key.split(": ", 1)
            return f"{self.label('driver', what)}: {self.label('topic' if what == 'complaint' else what, value)}"
        row = self._labels.get((kind, key)) or self._labels.get(("value", key))
        if row is None:
            return key
        if not row[self.language]:
            self.missing.add(f"{kind} {key}")
        return row[self.language] or row["en"]

    def segment(self, kind: str, value: str) -> str:
        """A segment with its type, such as Country: Germany; all customers are one by themselves."""
        label = self.label(kind, value)
        return label if kind == "all" else f"{self.label('segment_type', kind)}: {label}"

    def knows(self, kind: str, key: str) -> bool:
        """Whether the code has a label."""
        return (kind, key) in self._labels

    def keys_of(self, kind: str) -> list[str]:
        """The codes of a kind, in their order."""
        return [key for of, key in self._labels if of == kind]

    def heading(self, column: str) -> str:
        """What a column is called above its values."""
        # a report may call by the name of a key figure what is another thing there
        for kind in ("column", "metric"):
            if (kind, column) in self._labels:
                return self.label(kind, column)
        self.missing.add(f"column {column}")
        return column

    def metric(self, key: str) -> dict[str, str]:
        """A key figure: its label, definition, format, and which way is better."""
        return self._labels[("metric", key)]

    def digits(self, text: str) -> str:
        """A text with the numerals of the language."""
        return text.translate(dict(zip(map(ord, "0123456789"), DIGITS.get(self.language, "0123456789"), strict=True)))

    def period(self, grain: str, start: date) -> str:
        """What a period is called, such as Nov 2025."""
        pattern = PERIODS_OF.get(self.language, {}).get(grain, PERIODS[grain])
        return self.digits(format_date(start, pattern, locale=self.language))

    def day(self, day: date | datetime) -> str:
        """A day, such as 31 December 2025."""
        return self.digits(format_date(day, "d MMMM y", locale=self.language))


def read_words(folder: Path = BOARDS) -> dict[str, Words]:
    """The words of every language."""
    with LABELS.open(encoding="utf-8", newline="") as file:
        labels = list(csv.DictReader(file))
    sentences = yaml.safe_load((folder / WORDS).read_text(encoding="utf-8"))
    return {language: Words(language, labels, sentences) for language in LANGUAGES}
