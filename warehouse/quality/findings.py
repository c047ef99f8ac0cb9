"""What a gate found, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GateError(RuntimeError):
    """A finding that stops. The message lists every one, with its numbers, a line each."""


@dataclass(frozen=True)
class Finding:
    """A check that failed. `severity` is stop or warn; `says` is what was demanded, `found` the numbers that it met."""

    table: str
    severity: str
    says: str
    found: str

    def __str__(self) -> str:
        return f"{self.table}: {self.says} ({self.found})"


def stop_or_say(findings: Sequence[Finding]) -> list[str]:
    """Return the warnings as lines for the summary.

    Raises:
        GateError: some finding stops.
    """
    if stops := [finding for finding in findings if finding.severity == "stop"]:
        raise GateError("\n".join(map(str, stops)))
    return [str(finding) for finding in findings]
