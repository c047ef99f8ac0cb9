"""What a gate found, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GateError(RuntimeError):
    """A finding that stops. The message lists every one, with its numbers."""


@dataclass(frozen=True)
class Finding:
    """A check that failed. `severity` is stop or warn; `says` is what was demanded, `found` the numbers that it met."""

    table: str
    severity: str
    says: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}: {self.says} ({self.found})"


def stop_or_say(findings: Sequence[Finding], what_stops: str) -> list[str]:
    """Return the warnings as lines for the summary.

    Raises:
        GateError: some finding stops; `what_stops` is the sentence before the list.
    """
    if stops := [finding for finding in findings if finding.severity == "stop"]:
        raise GateError("\n".join([what_stops, *(f"  - {finding}" for finding in stops)]))
    return [str(finding) for finding in findings]
