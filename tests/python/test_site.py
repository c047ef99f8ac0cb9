"""The documentation's site: it has every page, loads nothing from elsewhere, and is searched without a server."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import browser
import pages
import pytest

pytestmark = pytest.mark.skipif(
    not find_spec("mkdocs"), reason="NO MKDOCS: the site was not built. Install it: make docs"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `make docs` builds it, elsewhere. A link that leads nowhere, and a page that the menu lacks, stop it."""
    folder = tmp_path_factory.mktemp("site")
    for command in (["docs/site.py"], ["-m", "mkdocs", "build", "--site-dir", str(folder)]):
        run = subprocess.run([sys.executable, *command], cwd=pages.PROJECT, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
    assert "not included in the" not in run.stderr
    return folder


def test_every_page_is_there(site: Path) -> None:
    shown = [page.relative_to(pages.PROJECT) for page in pages.PAGES if ".github" not in page.parts]
    for page in shown:
        name = "index.html" if page.name == "README.md" else f"{page.stem}.html"
        assert (site / page.with_name(name)).is_file(), page


def test_a_page_leads_to_boards_and_catalogs_or_says_what_makes_them(site: Path) -> None:
    text = (site / "explore.html").read_text(encoding="utf-8")
    article = text[text.index("<article") : text.index("</article>")]
    for folder, command in (("boards", "make build"), ("dictionary", "make docs"), ("dbt", "make docs")):
        assert f'href="{folder}/' in article or f"<code>{command}</code>" in article, folder


@pytest.mark.skipif(not browser.BROWSER, reason=browser.MISSING)
@pytest.mark.parametrize("page", ["index.html", "docs/tables/churn.html", "docs/operations.html"])
def test_a_page_asks_for_nothing_beyond_the_disk(page: str, site: Path, tmp_path: Path) -> None:
    shown = browser.show(site / page, tmp_path / "profile")
    assert shown.asked == []
    assert "md-content" in shown.html


@pytest.mark.skipif(not browser.BROWSER, reason=browser.MISSING)
def test_search_needs_no_server(site: Path, tmp_path: Path) -> None:
    shown = browser.show(site / "index.html", tmp_path / "profile", "?q=payback")
    assert shown.asked == []
    found = re.findall(r'<a href="[^"]*/([\w/]+\.html)[^"]*" class="md-search-result__link"', shown.html)
    assert "definitions.html" in found
