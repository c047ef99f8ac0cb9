"""What a person sees of a run of dbt: how far it is, and what dbt itself warns of."""

from __future__ import annotations

import io
import json

from warehouse.progress import show


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def event(name: str, msg: str, level: str = "info", **data: object) -> str:
    return json.dumps({"info": {"name": name, "msg": msg, "level": level}, "data": data}) + "\n"


def result(name: str, kind: str = "LogModelResult", level: str = "info", **total: int) -> str:
    return event(kind, f"1 of 2 OK {name}", level, node_info={"node_name": name}, **total)


def shown(*lines: str, out: io.StringIO | None = None) -> list[str]:
    out = out or io.StringIO()
    show(lines, out)
    return out.getvalue().splitlines()


def test_a_tenth_of_the_work_is_a_line_with_its_rows() -> None:
    said = event("JinjaLogInfo", "  m1: 1,234 rows")
    lines = shown(said, *(result(f"m{number}", total=20) for number in range(20)))
    assert len(lines) == 10
    assert lines[0] == "    2 of 20 models and tests  00:00  m1, 1,234 rows"
    assert lines[-1].startswith("   20 of 20 ")


def test_tests_count_as_dbt_numbers_them() -> None:
    assert shown(result("t", "LogTestResult", num_models=1)) == ["    1 of 1 models and tests  00:00  t"]


def test_a_terminal_has_one_line_that_moves() -> None:
    out = Terminal()
    shown(result("m1", total=2), event("JinjaLogInfo", "Warning: look"), result("m2", total=2), out=out)
    assert out.getvalue().count("\n") == 1 and "Warning: look\n" in out.getvalue()
    assert out.getvalue().count("\r") == 4 and out.getvalue().endswith("\r\x1b[K")


def test_what_dbt_warns_of_and_cannot_do_is_said() -> None:
    lines = shown(
        event("MainReportVersion", "Running with dbt"),
        event("JinjaLogInfo", "Increment: 1 new file"),
        event("JinjaLogInfo", ""),
        event("SomethingOld", "is old", "warn"),
        event("MainEncounteredError", "Encountered an error:\nmend it", "error"),
        "Traceback (most recent call last):\n",
        "[1, 2]\n",
    )
    assert lines == ["Increment: 1 new file", "is old", "Encountered an error:", "mend it",
                     "Traceback (most recent call last):", "[1, 2]"]  # fmt: skip


def test_what_tests_found_is_left_to_the_summary() -> None:
    lines = shown(
        result("m", "LogTestResult", "error", num_models=1),
        event("RunResultFailure", "Failure in test t", "error"),
        event("RunResultWarning", "Warning in test t", "warn"),
        event("RunResultWarningMessage", "Got 3 results", "warn"),
        event("LogHookEndLine", "1 of 1 OK hook", "error"),
    )
    assert lines == ["    1 of 1 models and tests  00:00  m"]
