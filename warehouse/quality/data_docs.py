"""Make Great Expectations' pages whole without a network: they ask several hosts for scripts and styles."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REMOTE = re.compile(
    r"""<script[^>]*\bsrc=["']https?://[^>]*>\s*</script>|<(?:link|img)[^>]*\b(?:href|src)=["']https?://[^>]*>""", re.I
)
# A table whose rows a script would fill in, from lists of Python in the page.
FILLED_BY_SCRIPT = re.compile(
    r"\$\('#([\w-]+)'\)\.bootstrapTable\((?s:.*?)^\s*columns: (\[.*\]),$\s*data: (\[.*\]),$", re.M
)
# The little that the pages need of what they no longer load.
STYLE = """<style>
body {font-family: sans-serif; margin: 1em 2em; color: #222} a {color: #05a}
table {border-collapse: collapse; width: 100%} th, td {border: 1px solid #ccc; padding: .3em .6em; text-align: left}
.collapse, .modal, .navbar-toggler, .cooltip .top, [id$=toolbar], footer {display: none}
nav ol {list-style: none; display: flex; gap: 1em; padding: 0}
.fa-check-circle::before {content: "passed"; color: #080}
.fa-exclamation-triangle::before {content: "warns"; color: #b60}
.fa-times::before, .fa-times-circle::before {content: "failed"; color: #b00}
</style>"""


def make_whole(folder: Path) -> None:
    """Take out of every page of the folder what it would fetch, fill in its tables, and put a small style in."""
    for page in folder.rglob("*.html"):
        html = REMOTE.sub("", page.read_text(encoding="utf-8"))
        for table, columns, rows in FILLED_BY_SCRIPT.findall(html):
            filled = _rows(ast.literal_eval(columns), ast.literal_eval(rows))
            html = re.sub(rf'(<table\s+id="{table}"[^>]*>)', lambda start, filled=filled: start[1] + filled, html)
        page.write_text(html.replace("</head>", f"{STYLE}</head>", 1), encoding="utf-8")


def _rows(columns: list[dict], rows: list[dict]) -> str:
    """The rows as HTML, each after a link to its page. The cells are HTML already."""
    head = "".join(f"<th>{column['title']}</th>" for column in columns)
    body = "".join(
        f'<tr><td><a href="{row["_table_row_link_path"]}">open</a></td>'
        + "".join(f"<td>{row[column['field']]}</td>" for column in columns)
        + "</tr>"
        for row in rows
    )
    return f"<thead><tr><th></th>{head}</tr></thead><tbody>{body}</tbody>"
