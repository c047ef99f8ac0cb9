"""What a caller gives to make reaches the program as it was written, and no shell or make runs any of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import harness
import pages
import pytest

from warehouse.settings import check_vars

MAKEFILE = (harness.PROJECT / "Makefile").read_text(encoding="utf-8")
GIVEN = re.search(r"^GIVEN := (.*)$", MAKEFILE, re.MULTILINE)[1].split()
# stands in for .venv/bin/python: says what it was started with
STAND_IN = f"""#!{sys.executable}
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ)]))
"""
ATTACKS = [
    'x"; touch attacked; echo "',
    "x'; touch attacked; echo '",
    "$(touch attacked) $(shell touch attacked) $$(touch attacked) `touch attacked` ; touch attacked #",
]
# the target that each variable is for
TARGETS = {
    "PYTHON": "setup", "TARGET": "build", "VARS": "build", "UNIT_TESTS": "build", "CONNECTOR": "build",
    "SOURCE": "doctor", "EXPORT": "export", "MARTS": "export", "CUSTOMER": "erase",
    "OULAD": "open-university", "OPEN_UNIVERSITY_BUILD": "open-university", "CDNOW_BUILD": "cdnow",
    "AIRPORT_SURVEY": "airport", "AIRPORT_BUILD": "airport",
    "RAVENSTACK": "ravenstack", "RAVENSTACK_BUILD": "ravenstack",
    "CUSTOMERS": "bench", "SIZE": "bench-tables", "ROUNDS": "bench", "REASON": "bench-check", "SKEW": "bench-spark",
    "WRITE": "topics", "METRICS": "metrics", "BY": "metrics", "WHERE": "metrics",
}  # fmt: skip
SPLIT = {"CUSTOMERS", "SKEW"}  # lists: at blanks


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The Makefile with an environment that is set up already, as far as make can tell."""
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    groups = re.search(r"for group in (.*);", MAKEFILE)[1].split()
    for name in ("requirements.lock", *(f"requirements-{group}.lock" for group in groups)):
        (tmp_path / name).touch()
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(STAND_IN, encoding="utf-8")
    (programs / "python").chmod(0o755)
    (tmp_path / ".venv" / "superset").mkdir()
    (tmp_path / ".venv" / "superset" / "bin").symlink_to(programs)
    for name in (".set-up", *(f".set-up-{group}" for group in groups)):
        (tmp_path / ".venv" / name).touch()
    return tmp_path


def make(place: Path, *arguments: str, **environment: str) -> str:
    variables = {name: value for name, value in os.environ.items() if name not in GIVEN and "MAKE" not in name}
    run = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=place,
        env={**variables, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return run.stdout


def test_each_variable_that_may_be_given_is_tested() -> None:
    assert set(re.findall(r"^(\w+) \?=", MAKEFILE, re.MULTILINE)) == set(GIVEN) == TARGETS.keys()


def test_no_recipe_writes_a_given_value_into_a_command() -> None:
    recipes = "\n".join(line for line in MAKEFILE.splitlines() if line.startswith("\t"))
    assert [name for name in GIVEN if f"$({name})" in recipes or f"${{{name}}}" in recipes.replace("$${", "")] == []


@pytest.mark.parametrize("in_environment", [False, True], ids=["make NAME=value", "NAME=value make"])
@pytest.mark.parametrize("name", GIVEN)
def test_a_given_value_is_never_run(place: Path, name: str, in_environment: bool) -> None:
    if name == "PYTHON":
        (place / ".venv" / ".set-up").unlink()
    for attack in ATTACKS:
        if in_environment:
            output = make(place, TARGETS[name], **{name: attack})
        else:
            output = make(place, TARGETS[name], f"{name}={attack}")
        assert not (place / "attacked").exists(), attack
        if name == "PYTHON":
            assert "Python 3.11 is needed" in output
            continue
        arguments, environment = json.loads(output.splitlines()[0])
        if name != "OPEN_UNIVERSITY_BUILD" or in_environment:
            assert environment[name] == attack
        received = " ".join(arguments) if name in SPLIT else "\n".join(arguments)
        assert attack in received


@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        (["build"], ["-m", "warehouse.build", "--target=duckdb"]),
        (
            ["build", "VARS={as_of: 2025-06-30, lifecycle: auto}", "TARGET=postgres"],
            ["-m", "warehouse.build", "--target=postgres", "--vars={as_of: 2025-06-30, lifecycle: auto}"],
        ),
        (["build", "UNIT_TESTS=yes"], ["-m", "warehouse.build", "--target=duckdb", "--unit-tests=yes"]),
        (["erase", "CUSTOMER=c 1"], ["-m", "warehouse.erase", "c 1"]),
        (["doctor", "VARS={a: b}"], ["-m", "warehouse.doctor", "--vars={a: b}"]),
        (
            ["build", "CONNECTOR=stripe", "SOURCE=/data/my stripe"],
            ["-m", "warehouse.build", "--target=duckdb", "--connector=stripe", "--source=/data/my stripe"],
        ),
        (["doctor", "CONNECTOR=stripe", "SOURCE=/a"], ["-m", "warehouse.doctor", "--connector=stripe", "--source=/a"]),
        (["assistant"], ["-m", "warehouse.assistant"]),
        (["export", "MARTS=rpt_a rpt_b"], ["-m", "warehouse.export", "export", "rpt_a rpt_b"]),
        (
            ["bench", "CUSTOMERS=200000 1000000"],
            ["benchmarks/bench.py", "--customers", "200000", "1000000", "--rounds", "3"],
        ),
    ],
)
def test_given_values_reach_the_program(place: Path, arguments: list[str], started: list[str]) -> None:
    assert json.loads(make(place, *arguments))[0] == started


@pytest.mark.parametrize(
    ("landing", "is_installed"),
    [("/data/landing", False), ("postgres://ann:$(shell touch attacked)`touch attacked`@db/x", True), ("s3://b", True)],
)
def test_what_reads_an_address_is_installed_where_the_landing_is_one(
    place: Path, landing: str, is_installed: bool
) -> None:
    (place / ".venv" / ".set-up-addresses").unlink()
    output = make(place, "doctor", RAW_DATA_DIR=landing)
    started = [json.loads(line) for line in output.splitlines() if line.startswith("[")]
    assert [arguments[:3] for arguments, _ in started][:-1] == [["-m", "pip", "install"]] * is_installed
    assert started[-1][0] == ["-m", "warehouse.doctor"] and started[-1][1]["RAW_DATA_DIR"] == landing
    assert not (place / "attacked").exists()


@pytest.mark.parametrize("command", pages.MAKE_COMMANDS)
def test_a_command_of_the_pages_starts_a_program(place: Path, command: str) -> None:
    for tool in ("ruff", "yamllint", "dbt", "dbt-bouncer"):
        shutil.copy(place / ".venv" / "bin" / "python", place / ".venv" / "bin" / tool)
    variables = {name: value for name, value in os.environ.items() if name not in GIVEN and "MAKE" not in name}
    run = subprocess.run(["bash", "-c", command], cwd=place, env=variables, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    started = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("[")]
    assert started
    for arguments, _ in started:
        for argument in arguments:
            if argument.startswith("--vars="):
                check_vars(argument.removeprefix("--vars="))


def test_every_target_that_a_page_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert pages.TARGETS_NAMED and set(pages.TARGETS_NAMED) - targets == set()
