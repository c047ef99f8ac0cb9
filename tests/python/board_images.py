"""Draw docs/images/overview_<language>.png: the overview of a published file's boards, as a browser shows it.

Usage: python tests/python/board_images.py PUBLISHED (after `make boards`)
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[2] / "docs" / "images"
SIZE = {"width": 1280, "height": 860}


def main(published: Path) -> None:
    """Open each page without a network, and keep what is seen without scrolling."""
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for overview in sorted((published.parent / "boards").glob("*/overview.html")):
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto(overview.absolute().as_uri())
            page.wait_for_selector("body[data-ready]")
            page.screenshot(path=IMAGES / f"overview_{overview.parent.name}.png")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
