"""Write docs/tables/ and docs/raw_tables.md (`make tables`): what each table is for, from the models' YAML.

A page for each folder of models/marts, with the examples as the demo business gives them, one of the columns that
several marts share, an index, and one of the raw tables. The YAML is the only source: dbt's own documentation and every
catalog that reads descriptions show the same text. The results in README.md are written anew too.

Usage: python docs/tables.py MANIFEST PUBLISHED
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import duckdb
from queries import refreshed, with_results

DOCS = Path(__file__).parent
README = DOCS.parent / "README.md"
WRITTEN = "<!-- docs/tables.py writes this page from the YAML of the models: change that, then `make tables` -->"
# The folders of models/marts, in the order in which one asks, and what all their tables have in common.
SUBJECTS = {
    "churn": ("Churn", "How many customers left, of which type, why, and could it have been prevented?"),
    "retention": ("Retention", "Who stays, for how long, and who comes back?"),
    "revenue": ("Revenue", "Where recurring revenue comes from and goes to, and what failed payments put at risk."),
    "engagement": (
        "Engagement",
        "Where customers are on their journey, how they use the product, and who is leaving in silence.",
    ),
    "health": ("Health and risk", "How well customers are, who is likely to leave, and whether that can be told."),
    "experience": ("Experience", "What customers say, how support answers, and who follows up."),
    "actions": ("Actions", "Whom to talk to about what, and whether it worked."),
    "value": ("Value", "What a customer is worth, and what it costs to win one."),
    "playbooks": (
        "Goals, red flags and benchmarks",
        "An open period shows its value but no verdict; `no_verdict_reason` says why there is none.",
    ),
    "core": ("Customers, subscriptions and periods", "What the reports are made of: follow a figure to its customers."),
    "quality": ("Data quality", "Is it all there, and can it be right?"),
}
# The parts of a mart's description between its question and its example.
FACTS = ("Grain", "Rules", "What it does not prove", "Null means")
INDEX = f"""{WRITTEN}

# Tables

BI tools read schema `marts` of `published/marts.duckdb`, read-only. It is replaced as a whole when a build has passed,
so a reader never meets a half-built table. All queries of these pages run there, and show the demo business.

    .venv/bin/python -c "import duckdb; print(duckdb.connect('published/marts.duckdb', read_only=True).sql('from marts.rpt_clv'))"

In every `rpt_` table `period_grain`, `period_start`, `segment_type` and `segment_value` say what a row is about: filter
all of them. `segment_type = 'all'` is everybody. A rate is a fraction; null means that there was nothing to divide by.
[Shared columns](columns.md) mean the same wherever they stand; [Definitions](../definitions.md) has the metrics.
"""  # noqa: E501 - a command stands on one line


RAW_TABLES = f"""{WRITTEN}

# Raw tables

What to land, by table: [the input](input.md) says how. A row whose required column is empty goes to
[quarantine](tables/quality.md#rpt_quarantine); so does one with a value that its column does not allow. Every table may
also carry `loaded_at`, when the row reached you.
"""


def pages(manifest: dict, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Path below docs/ and text of every page; the examples run on the published file."""
    return {
        "raw_tables.md": _raw_tables(manifest),
        "tables/columns.md": _shared_columns(manifest),
        "tables/index.md": _index(manifest),
        **{f"tables/{subject}.md": with_results(_subject(manifest, subject), connection) for subject in SUBJECTS},
    }


def sections(description: str) -> dict[str, str]:
    """The parts of a model's description by their headings, which stand in bold at the beginning of a line."""
    parts = re.split(r"^\*\*(.+?)\.\*\*", description, flags=re.MULTILINE)
    return {heading: text.strip() for heading, text in zip(parts[1::2], parts[2::2], strict=True)}


def _raw_tables(manifest: dict) -> str:
    parts = [RAW_TABLES]
    landed = [table for table in manifest["sources"].values() if table["source_name"] == "raw"]
    for table in landed:
        asked = "Required." if table["config"]["meta"].get("required") else "Optional."
        columns = [
            (f"`{name}`", _raw_type(column), _yes(column["config"]["meta"].get("required")), column["description"])
            for name, column in table["columns"].items()
            if name != "loaded_at"
        ]
        parts += [f"## {table['name']}", f"{asked} {table['description']}"]
        parts += [_rows(("column", "type", "required", "meaning"), columns)]
    return _page(parts)


def _yes(value: object) -> str:
    return "yes" if value else ""


def _raw_type(column: dict) -> str:
    """The type, with the bounds of a number and whether people write here."""
    meta = column["config"]["meta"]
    bounds = [
        f"{words} {meta[bound]}"
        for bound, words in (("minimum", "at least"), ("above", "above"), ("maximum", "at most"))
        if bound in meta
    ]
    return ", ".join(["free text" if meta.get("free_text") else column["data_type"], *bounds])


def _index(manifest: dict) -> str:
    parts = [INDEX]
    for subject, (title, lead) in SUBJECTS.items():
        marts = [
            (f"[`{mart['alias']}`]({subject}.md#{mart['alias']})", sections(mart["description"])["What it answers"])
            for mart in _marts(manifest, subject)
        ]
        parts += [f"## [{title}]({subject}.md)", lead, _rows(("table", "what it answers"), marts)]
    return _page(parts)


def _subject(manifest: dict, subject: str) -> str:
    title, lead = SUBJECTS[subject]
    shared = _doc_blocks(manifest)
    boards = _boards(manifest)
    return _page([WRITTEN, f"# {title}", lead, *(_table(mart, shared, boards) for mart in _marts(manifest, subject))])


def _shared_columns(manifest: dict) -> str:
    blocks = sorted((name, text) for text, name in _doc_blocks(manifest).items())
    return _page([WRITTEN, "# Shared columns", *(f"## {name}\n\n{text}" for name, text in blocks)])


def _marts(manifest: dict, subject: str) -> list[dict]:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return sorted((m for m in models if m["fqn"][1:3] == ["marts", subject]), key=lambda model: model["alias"])


def _doc_blocks(manifest: dict) -> dict[str, str]:
    """The name of each doc block of the project by its text."""
    project = manifest["metadata"]["project_name"]
    return {b["block_contents"]: b["name"] for b in manifest["docs"].values() if b["package_name"] == project}


def _boards(manifest: dict) -> dict[str, list[str]]:
    """The boards that show each mart, by its id; dbt lists exposures in an order of the day."""
    found: dict[str, list[str]] = {}
    for exposure in sorted(
        manifest["exposures"].values(), key=lambda exposure: exposure["original_file_path"] + exposure["name"]
    ):
        if exposure["type"] == "dashboard":
            for mart in exposure["depends_on"]["nodes"]:
                found.setdefault(mart, []).append(exposure["label"].removesuffix(" (board)"))
    return found


def _table(mart: dict, shared: dict[str, str], boards: dict[str, list[str]]) -> str:
    told = sections(mart["description"])
    columns = [
        (f"`{column['name']}`", column["data_type"], _meaning(column["description"], shared))
        for column in mart["columns"].values()
    ]
    facts = [f"**{heading}.** {told[heading]}" for heading in FACTS if heading in told]
    if shown_on := boards.get(mart["unique_id"]):
        facts.append(f"**Boards.** [{', '.join(shown_on)}](../boards.md)")
    return "\n\n".join(
        [
            f"## {mart['alias']}",
            f"**{told['What it answers']}**",
            told["Example query"],
            *facts,
            _rows(("column", "type", "meaning"), columns),
        ]
    )


def _meaning(description: str, shared: dict[str, str]) -> str:
    """A column's description in one line; one with a table of its values has that on the page of shared columns."""
    if "\n" not in description:
        return description
    values = f"[its values](columns.md#{shared[description]})"
    lead = description.split("\n")[0]
    return f"See {values}." if lead.startswith("|") else f"{lead.rstrip(':.')}: see {values}."


def _rows(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = [headings, ("---",) * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _page(parts: list[str]) -> str:
    return "\n\n".join(part.strip() for part in parts) + "\n"


if __name__ == "__main__":
    manifest = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    with duckdb.connect(sys.argv[2], read_only=True) as published:
        for path, text in pages(manifest, published).items():
            (DOCS / path).parent.mkdir(exist_ok=True)
            (DOCS / path).write_text(text, encoding="utf-8")
        README.write_text(refreshed(README.read_text(encoding="utf-8"), published), encoding="utf-8")
