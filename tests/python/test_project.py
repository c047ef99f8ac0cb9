"""The project's shell: one version everywhere, a licence, and files that others' tools read."""

from __future__ import annotations

import ast
import importlib
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pages
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

PROJECT = tomllib.loads((pages.PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def text(path: str) -> str:
    return (pages.PROJECT / path).read_text(encoding="utf-8")


def test_one_version_everywhere() -> None:
    version = PROJECT["project"]["version"]
    assert yaml.safe_load(text("dbt_project.yml"))["version"] == version
    assert yaml.safe_load(text("CITATION.cff"))["version"] == version
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text("CHANGELOG.md"), re.MULTILINE)
    assert released[0][0] == version
    assert released == sorted(released, key=lambda release: tuple(map(int, release[0].split("."))), reverse=True)
    assert str(yaml.safe_load(text("CITATION.cff"))["date-released"]) == released[0][1]


def test_the_licence_is_the_one_that_is_named() -> None:
    assert "Apache License\n                           Version 2.0" in text("LICENSE")
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert yaml.safe_load(text("CITATION.cff"))["license"] == "Apache-2.0"


def test_continuous_integration_runs_what_the_project_says() -> None:
    (job,) = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    stages = re.findall(r'^stage ".*" make ([\w-]+)$', text(".ci/run"), re.MULTILINE)
    assert stages == ["setup", "docs", "setup-dev", "test"]


def test_hooks_are_local_and_the_style_checks_of_make_lint() -> None:
    (repository,) = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    lint = re.search(r"^lint:.*?\n\n", text("Makefile"), re.MULTILINE | re.DOTALL)[0]
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        program = hook["entry"].removeprefix(".venv/bin/").removesuffix(" --check").removesuffix(" --strict")
        assert f"$(BIN)/{program}" in lint.replace(" --quiet", ""), hook["id"]


def test_forms_for_issues_can_be_read() -> None:
    for form in (pages.PROJECT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"):
        content = yaml.safe_load(form.read_text(encoding="utf-8"))
        if form.name != "config.yml":
            assert content["name"] and content["description"] and content["body"], form.name


def test_locks_name_no_host() -> None:
    for lock in pages.PROJECT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name


# They are installed into an environment of their own.
OF_THEIR_OWN = {"superset"}


def pins(lock: str) -> dict[str, set[str]]:
    """The versions that a lock names, by package: more than one where Python's version decides."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==(\S+)", text(lock), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("group", sorted(PROJECT["dependency-groups"].keys() - OF_THEIR_OWN))
def test_locks_of_one_environment_agree(group: str) -> None:
    """A group is installed beside what a build needs, without asking what goes together."""
    built, added = pins("requirements.lock"), pins(f"requirements-{group}.lock")
    assert {name: added[name] for name in built.keys() & added.keys() if added[name] != built[name]} == {}


def imported(folder: str) -> set[str]:
    """The packages that the Python files of a folder import, at their top or later."""
    files = [ast.parse(file.read_text(encoding="utf-8")) for file in (pages.PROJECT / folder).rglob("*.py")]
    nodes = [node for file in files for node in ast.walk(file)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("folder", ["warehouse", "models", "benchmarks", "docs", "examples"])
def test_what_a_build_installs_is_enough(folder: str) -> None:
    """Tests run with the checks' packages too, so they would not notice. The assistant has a lock of its own."""
    distributions, built = packages_distributions(), pins("requirements.lock").keys()
    if folder == "warehouse":
        built |= pins("requirements-assistant.lock").keys()
    needed = {name: {each.lower().replace("_", "-") for each in distributions[name]} for name in imported(folder)
              if name in distributions}  # fmt: skip
    assert "duckdb" in needed or folder == "models"
    assert {name for name, any_of in needed.items() if not any_of & built} == set()


def test_what_chance_draws_does_not_depend_on_what_else_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not settings.default.derandomize:
        pytest.skip("every run draws something else")

    def drawn() -> list[list[int]]:
        seen = []

        @settings(max_examples=200)
        @given(st.lists(st.integers()))
        def draw(numbers: list[int]) -> None:
            seen.append(numbers)

        draw()
        return seen

    before = drawn()
    (tmp_path / "code_of_others.py").write_text(f"NUMBERS = {list(range(10_000, 10_400))}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("code_of_others")
    assert drawn() == before
