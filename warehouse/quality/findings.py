"""What a gate found, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GateError(RuntimeError):
    """A finding that stops. The message lists every one, a line each."""


@dataclass(frozen=True)
class Finding:
    """A check that failed. `severity` is stop or warn; `problem` is what is wrong, with the numbers, and what to do."""

    table: str
    severity: str
    problem: str

    def __str__(self) -> str:
        return f"{self.table}: {self.problem}"


def stop_or_say(findings: Sequence[Finding]) -> list[str]:
    """Return the warnings as lines for the summary.

    Raises:
        GateError: some finding stops.
    """
    if stops := [finding for finding in findings if finding.severity == "stop"]:
        raise GateError("\n".join(map(str, stops)))
    return [str(finding) for finding in findings]
