"""The thresholds and severities of checks.yml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

CHECKS_FILE = Path(__file__).with_name("checks.yml")
GATES = ("landing", "staging", "marts")


@cache
def read_rules(gate: str) -> dict:
    """The rules of a gate, with those that several share."""
    rules = yaml.safe_load(CHECKS_FILE.read_text(encoding="utf-8"))
    return {name: rule for name, rule in rules.items() if name not in GATES} | rules[gate]
