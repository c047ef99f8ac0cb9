"""The project's shell: one version everywhere, a licence, and files that others' tools read."""

from __future__ import annotations

import re
import tomllib

import pages
import yaml


def text(path: str) -> str:
    return (pages.PROJECT / path).read_text(encoding="utf-8")


def test_one_version_everywhere() -> None:
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    assert yaml.safe_load(text("dbt_project.yml"))["version"] == version
    assert yaml.safe_load(text("CITATION.cff"))["version"] == version
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d\d-\d\d)$", text("CHANGELOG.md"), re.MULTILINE)
    assert released[0][0] == version
    assert released == sorted(released, key=lambda release: tuple(map(int, release[0].split("."))), reverse=True)
    assert str(yaml.safe_load(text("CITATION.cff"))["date-released"]) == released[0][1]


def test_the_licence_is_the_one_that_is_named() -> None:
    assert "Apache License\n                           Version 2.0" in text("LICENSE")
    assert tomllib.loads(text("pyproject.toml"))["project"]["license"] == "Apache-2.0"
    assert yaml.safe_load(text("CITATION.cff"))["license"] == "Apache-2.0"


def test_continuous_integration_runs_what_the_project_says() -> None:
    (job,) = yaml.safe_load(text(".github/workflows/ci.yml"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    stages = re.findall(r'^stage ".*" make ([\w-]+)$', text(".ci/run"), re.MULTILINE)
    assert stages == ["setup", "docs", "test"]


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
