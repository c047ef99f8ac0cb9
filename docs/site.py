"""Gather the pages in target/pages, as they lie in the project, so that links between them lead where they do there.
Beside them lie the boards and catalogs that were made, and a page that leads to them.

Usage: python docs/site.py (after docs/catalogs.py and a build, for the catalogs and boards)
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PAGES = PROJECT / "target" / "pages"
BOARDS = PROJECT / "published" / "boards"
CATALOGS = PROJECT / "target" / "catalogs"
GATHERED = (
    "*.md",
    "LICENSE",
    "docs/*.md",
    "docs/*.svg",
    "docs/*.css",
    "docs/*.js",
    "docs/images/*",
    "docs/tables/*.md",
    "connectors/*/*.*",
    "examples/*.py",
    "examples/*/*.*",
)
LANGUAGES = {"en": "English", "ar": "العربية", "fa": "فارسی"}
# what there is to open beside the pages: its place, its title, what it shows, and what makes it
EXPLORED = (
    ("boards/{language}/overview.html", "Boards", "the figures of the last build as pictures", "make build"),
    ("dictionary/{language}.html", "Data dictionary", "every column with its name, type, unit and null", "make docs"),
    ("dbt/index.html", "dbt docs", "every model with its SQL, tests and lineage, down to the raw tables", "make docs"),
    ("lineage/index.html", "Lineage of columns", "which columns a column comes from, and which follow it", "make docs"),
)
TABLE_LINK = re.compile(r'href="[^"]*docs/tables/(\w+)\.(?:html|md)#')
GATE_LINK = re.compile(r'href="[^"]*quality/(\w+)/index\.html"')


def gather() -> None:
    """Copy the pages of the project."""
    shutil.rmtree(PAGES, ignore_errors=True)
    for file in [file for pattern in GATHERED for file in PROJECT.glob(pattern)]:
        target = PAGES / file.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def add_boards() -> None:
    """Copy the boards. What they link lies elsewhere, seen from the site."""
    for page in BOARDS.glob("*/*.html"):
        text = TABLE_LINK.sub(r'href="../../docs/tables/\1.html#', page.read_text(encoding="utf-8"))
        target = PAGES / "boards" / page.relative_to(BOARDS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(GATE_LINK.sub(r'href="../../quality/\1/index.html"', text), encoding="utf-8")
    for gate in (PROJECT / "target" / "quality").glob("*/index.html"):
        shutil.copytree(gate.parent, PAGES / "quality" / gate.parent.name)


def add_catalogs() -> None:
    """Copy what docs/catalogs.py made."""
    if CATALOGS.exists():
        shutil.copytree(CATALOGS, PAGES, dirs_exist_ok=True)


def explore_page() -> str:
    """The page that leads to them, in Markdown; what was not made says by which command it is."""
    lines = ["# Explore", "", "What a build and `make docs` made of this warehouse, each a page without a network.", ""]
    for place, title, shows, command in EXPLORED:
        links = [
            f"[{name}]({place.format(language=language)})"
            for language, name in (LANGUAGES.items() if "{language}" in place else [("en", "open")])
            if (PAGES / place.format(language=language)).exists()
        ]
        lines.append(f"- **{title}**: {shows}. {', '.join(links) or f'Not made yet: `{command}`.'}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    gather()
    add_boards()
    add_catalogs()
    (PAGES / "explore.md").write_text(explore_page(), encoding="utf-8")
