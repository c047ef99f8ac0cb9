"""Make Great Expectations' pages whole without a network: they ask several hosts for scripts and styles."""

from __future__ import annotations

import re
from pathlib import Path

REMOTE = re.compile(
    r"""<script[^>]*\bsrc=["']https?://[^>]*>\s*</script>|<(?:link|img)[^>]*\b(?:href|src)=["']https?://[^>]*>""", re.I
)
# The little that the pages need of what they no longer load.
STYLE = """<style>
body {font-family: sans-serif; margin: 1em 2em; color: #222} a {color: #05a}
table {border-collapse: collapse; width: 100%} th, td {border: 1px solid #ccc; padding: .3em .6em; text-align: left}
.collapse, .modal, .navbar-toggler {display: none} nav ol {list-style: none; display: flex; gap: 1em; padding: 0}
.fa-check-circle::before {content: "passed"; color: #080}
.fa-exclamation-triangle::before {content: "warns"; color: #b60}
.fa-times::before, .fa-times-circle::before {content: "failed"; color: #b00}
</style>"""


def make_whole(folder: Path) -> None:
    """Take out of every page of the folder what it would fetch, and put a small style in."""
    for page in folder.rglob("*.html"):
        html = REMOTE.sub("", page.read_text(encoding="utf-8"))
        page.write_text(html.replace("</head>", f"{STYLE}</head>", 1), encoding="utf-8")
