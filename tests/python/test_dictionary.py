"""The data dictionary: every column of every mart, in three languages."""

from __future__ import annotations

import re

import harness
import pytest
from dictionary import dictionary_pages, name_of

from warehouse.boards.words import read_words


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return dictionary_pages(harness.manifest())


@pytest.mark.parametrize("language", ["en", "ar", "fa"])
def test_every_column_of_every_mart_stands_there(language: str, pages: dict[str, str]) -> None:
    sections = re.split(r'<h2 id="(\w+)">', pages[language])
    shown = {
        mart: re.findall(r"<tr><td><bdi><code>(\w+)</code>", text)
        for mart, text in zip(sections[1::2], sections[2::2], strict=True)
    }
    marts = [node for node in harness.manifest()["nodes"].values() if node["fqn"][1] == "marts"]
    assert shown == {node["name"]: list(node["columns"]) for node in marts if node["resource_type"] == "model"}
    assert f'lang="{language}" dir="{"ltr" if language == "en" else "rtl"}"' in pages[language]


def test_a_page_names_columns_in_its_language_and_leads_to_boards(pages: dict[str, str]) -> None:
    assert "<td>نرخ ریزش مشتری: هدف</td>" in pages["fa"] and "<td>Customer churn: target</td>" in pages["en"]
    assert '<a href="../boards/ar/overview.html">نظرة عامة</a>' in pages["ar"]


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("churn_rate", "Customer churn"),
        ("mrr_end_change_year", "Monthly recurring revenue (MRR): change since the year before"),
        ("churn_rate_lower", "Churn, lower bound"),  # its own label comes first
        ("nps_target", "Net promoter score (NPS): target"),
        ("what_nobody_named_target", ""),
    ],
)
def test_what_is_said_of_a_column_is_named_after_it(column: str, name: str) -> None:
    assert name_of(column, read_words()["en"]) == name
