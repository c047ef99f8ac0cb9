"""The project without a clone: installed with pip, and as a package of another dbt project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pages
import pytest
import shared
import yaml

from warehouse.__main__ import COMMANDS, main

PYPROJECT = tomllib.loads((shared.PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
IN_THE_WHEEL = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
PAGE = (shared.PROJECT / "docs" / "package.md").read_text(encoding="utf-8")
LANDING = {
    "subscription_events": "event_id,customer_id,subscription_id,event_type,occurred_at\ne1,c1,s1,started,2025-01-05\n",
    "customers": "customer_id,created_at\nc1,2025-01-05\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with this one, as the wheel lays it out."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(shared.PROJECT / "warehouse", site / "warehouse", ignore=shutil.ignore_patterns("__pycache__"))
    for source, place in IN_THE_WHEEL.items():
        copy = shutil.copytree if (shared.PROJECT / source).is_dir() else shutil.copy
        (site / place).parent.mkdir(parents=True, exist_ok=True)
        copy(shared.PROJECT / source, site / place)
    return site


def test_the_wheel_holds_all_that_dbt_reads() -> None:
    project = yaml.safe_load((shared.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    folders = {folder for kind in ("model", "macro", "seed", "analysis") for folder in project[f"{kind}-paths"]}
    not_dbts = re.findall(r"^(tests/\w+)/$", (shared.PROJECT / ".dbtignore").read_text(encoding="utf-8"), re.MULTILINE)
    tests = {f"tests/{place.name}" for place in (shared.PROJECT / "tests").iterdir() if place.is_dir()} - {*not_dbts}
    tests = {folder for folder in tests if any((shared.PROJECT / folder).rglob("*.sql")) or folder.endswith("fixtures")}
    read_by_python = {"dbt_project.yml", "profiles.yml", "selectors.yml", "boards", "connectors"}
    assert IN_THE_WHEEL.keys() == read_by_python | folders | tests
    assert all(place == f"warehouse/project/{source}" for source, place in IN_THE_WHEEL.items())


def test_an_installed_package_reads_itself_and_writes_where_it_is_started(site: Path, tmp_path: Path) -> None:
    for name, text in LANDING.items():
        (tmp_path / f"{name}.csv").write_text(text)
    started = tmp_path / "started"
    started.mkdir()
    script = """
import os, sys
from warehouse import build, places, settings
build.land = lambda target: print(settings.read_environment()) or 1
print(places.PROJECT)
build._dbt_build = lambda arguments: print({name: os.environ[name] for name in os.environ if name.startswith("DBT_")})
build.main(["--target", "postgres"])
print(settings.DEMO_FOLDER, len(settings.read_environment().target.parts))
build.land = lambda target: 0
sys.exit(build.main(["--target", "postgres", "--vars", "{gross_margin: 80}"]))
"""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "WAREHOUSE", "PUBL"))}
    environment = {**keep, "PYTHONPATH": str(site), "RAW_DATA_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
    before = sorted(site.rglob("*"))
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=started, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1, run.stderr
    assert run.stdout.splitlines()[0] == str(site / "warehouse" / "project")
    assert str(started / "demo_business") in run.stdout
    assert "gross_margin is '80', which is out of its bounds" in run.stdout
    assert sorted(site.rglob("*")) == before


def test_its_command_has_those_of_make(capsys: pytest.CaptureFixture) -> None:
    assert main(["help"]) == 0 and main(["bild"]) == 2 and main([]) == 2
    told = capsys.readouterr().out
    assert all(re.search(rf"^    {command} ", told, re.MULTILINE) for command in COMMANDS)
    assert set(COMMANDS) <= set(pages.TARGETS_NAMED)
    assert main(["erase"]) == 2 and "Name one customer" in capsys.readouterr().out


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of somebody else, with the files that the page shows, and what it built."""
    folder = tmp_path_factory.mktemp("second")
    for name, text in re.findall(r"^`([\w/.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("/path/to/this/project", str(shared.PROJECT)), encoding="utf-8")
    for name, text in LANDING.items():
        (folder / "landing").mkdir(exist_ok=True)
        (folder / "landing" / f"{name}.csv").write_text(text)
    return folder


def dbt(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "WAREHOUSE"))}
    environment = {**keep, **shared.WITHOUT_LOG, "RAW_DATA_DIR": str(folder / "landing"), "DO_NOT_TRACK": "1"}
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--quiet", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_another_project_reads_the_marts_of_this_one_as_a_package(second: Path) -> None:
    assert (second / "packages.yml").exists()
    run = dbt(second, "deps")
    assert run.returncode == 0, run.stdout + run.stderr
    run = dbt(second, "build", "--select", "+our_days", "--exclude-resource-type", "unit_test", "test")
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr
    with duckdb.connect(str(second / "warehouse.duckdb"), read_only=True) as connection:
        assert connection.execute("select count(*) > 0 from main.our_days").fetchone() == (True,)
        assert connection.execute("select customer_id from raw.customers").fetchall() == [("c1",)]
