"""Shows how a run of dbt goes: one line that moves in a terminal, ten lines elsewhere, and what dbt warns of.

dbt says what it does as JSON, a line each (`dbt build --log-format json`). Which test found what is told by the summary
and by what stops a publication; the whole log is dbt's own file.
"""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Iterable
from typing import TextIO

STEPS_SHOWN = 10  # where no line can move
ROWS = re.compile(r"  (\w+): ([\d,]+) rows")  # as macros/engine/show_rows.sql says them
TOLD_LATER = re.compile(r"Log\w+Line|RunResult(Failure|Warning\w*)")


def show(lines: Iterable[str], out: TextIO) -> None:
    """Show what dbt writes, until it ends; a line that is no event is shown as it stands."""
    progress = _Progress(out)
    for line in lines:
        try:
            event = json.loads(line)
            info, data = event["info"], event["data"]
        except (json.JSONDecodeError, KeyError, TypeError):
            progress.say(line.rstrip("\n"))
            continue
        if info["name"] == "JinjaLogInfo" and (found := ROWS.fullmatch(info["msg"])):
            progress.rows[found[1]] = found[2]
        elif info["name"].startswith("Log") and info["name"].endswith("Result"):
            progress.step(data["node_info"]["node_name"], data.get("total") or data["num_models"])
        elif TOLD_LATER.fullmatch(info["name"]):
            continue
        elif info["name"] == "JinjaLogInfo" or info["level"] in ("warn", "error"):
            progress.say(info["msg"])
    progress.clear()


class _Progress:
    """The line that moves: how many of how many, the time, and what was made last with its rows."""

    def __init__(self, out: TextIO) -> None:
        self.out, self.moves = out, out.isatty()
        self.began, self.done = time.monotonic(), 0
        self.rows: dict[str, str] = {}

    def step(self, name: str, total: int) -> None:
        before, self.done = self.done, self.done + 1
        seconds = time.monotonic() - self.began
        rows = f", {self.rows[name]} rows" if name in self.rows else ""
        text = f"{self.done:>5} of {total} models and tests  {seconds // 60:02.0f}:{seconds % 60:02.0f}  {name}{rows}"
        if self.moves:
            width = shutil.get_terminal_size().columns
            self._write(f"\r\x1b[K{text[: width - 1]}")
        elif before * STEPS_SHOWN // total < self.done * STEPS_SHOWN // total:
            self._write(f"{text}\n")

    def say(self, text: str) -> None:
        self.clear()
        if text.strip():
            self._write(f"{text}\n")

    def clear(self) -> None:
        if self.moves:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()
