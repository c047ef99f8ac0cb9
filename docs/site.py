"""Gather the pages in target/pages, as they lie in the project, so that links between them lead where they do there.

Usage: python docs/site.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PAGES = PROJECT / "target" / "pages"
GATHERED = (
    "*.md",
    "LICENSE",
    "docs/*.md",
    "docs/*.svg",
    "docs/*.css",
    "docs/*.js",
    "docs/images/*",
    "docs/tables/*.md",
    "examples/*/*.*",
)

if __name__ == "__main__":
    shutil.rmtree(PAGES, ignore_errors=True)
    for file in [file for pattern in GATHERED for file in PROJECT.glob(pattern)]:
        target = PAGES / file.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)
