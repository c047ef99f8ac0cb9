"""The page of a gate: what was checked, what was found and what to do, for somebody who reads it once.

One HTML file that asks for nothing else, in the light or dark colours of whoever looks, readable on a telephone too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from warehouse.quality.findings import Finding

# what each gate is called, what it looks at, and what it stops
GATES = {
    "landing": ("Landing", "the raw tables, before anything is built", "Nothing was built."),
    "staging": (
        "Staging",
        "what staging made of the raw rows, before the marts are published",
        "Nothing was published.",
    ),
    "marts": ("Marts", "the draft of the published file, before readers see it", "Nothing was published."),
}


@dataclass(frozen=True)
class Outcome:
    """What came of one check: `says` is what was expected, `found` what was there. One that passed has no finding."""

    table: str
    says: str
    found: str
    to_do: str = ""
    finding: Finding | None = None

    @classmethod
    def of(cls, finding: Finding) -> Outcome:
        """The outcome of a finding that no check of its own stands behind: a table that cannot be read."""
        return cls(finding.table, "its rows can be read", finding.problem, finding=finding)

    @property
    def severity(self) -> str:
        """Whether it stops, warns, or is a pass."""
        return self.finding.severity if self.finding else "pass"


def write_page(gate: str, outcomes: Sequence[Outcome], docs: Path) -> None:
    """Write index.html of a gate into its folder."""
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "index.html").write_text(page(gate, outcomes, (docs / "details").exists()), encoding="utf-8")


def page(gate: str, outcomes: Sequence[Outcome], has_details: bool) -> str:
    """The HTML of a gate's page: what stops, then what warns, then what passed by table."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    environment.filters["sentence"] = _sentence
    by_severity = {name: [one for one in outcomes if one.severity == name] for name in ("stop", "warn", "pass")}
    passed = sorted(by_severity["pass"], key=lambda one: one.table)
    name, looks_at, stops = GATES[gate]
    return environment.get_template("page.html.jinja").render(
        name=name,
        looks_at=looks_at,
        stops=stops,
        verdict="stopped" if by_severity["stop"] else "warned" if by_severity["warn"] else "passed",
        failed=[("stop", "What stops", by_severity["stop"]), ("warn", "What warns", by_severity["warn"])],
        passed=[(table, list(own)) for table, own in groupby(passed, key=lambda one: one.table)],
        counts={severity: len(own) for severity, own in by_severity.items()},
        checked_at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        has_details=has_details,
    )


def _sentence(text: str) -> str:
    """A text with a capital at its beginning, but for a name of code, and a full stop at its end."""
    first = text.split(" ", 1)[0]
    return (text if "_" in first else text[:1].upper() + text[1:]) + ("" if text.endswith((".", "?")) else ".")
