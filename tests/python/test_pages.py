"""Nothing in the README, in docs/ or in a model's description is untried."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import commands
import duckdb
import pages
import picture
import pytest
import queries
import shared
import tables
import yaml

from mutants.mutants import read_mutants
from warehouse.settings import ENVIRONMENT, check_vars

README = pages.README.read_text(encoding="utf-8")
VARS = yaml.safe_load((pages.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
RULES = VARS["setting_rules"]
THRESHOLDS = [row.split(",")[0] for row in (pages.PROJECT / "seeds" / "thresholds.csv").read_text().splitlines()]


@pytest.fixture(scope="module")
def published(demo_build: SimpleNamespace) -> duckdb.DuckDBPyConnection:
    with duckdb.connect(str(demo_build.published), read_only=True) as connection:
        yield connection


# -- what is written from the models' YAML and from what the demo business gives. When it fails: make tables


@pytest.fixture(scope="module")
def written(demo_build: SimpleNamespace, published: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return tables.pages(demo_build.manifest, published)


WRITTEN = ["raw_tables.md", *(f"tables/{name}.md" for name in ("index", "columns", *tables.SUBJECTS))]


@pytest.mark.parametrize("path", WRITTEN)
def test_page_is_what_the_yaml_and_a_build_give(path: str, written: dict[str, str]) -> None:
    assert (tables.DOCS / path).read_text(encoding="utf-8") == written[path]


def test_no_page_of_tables_is_left_over(written: dict[str, str]) -> None:
    assert written.keys() == set(WRITTEN)
    assert {f"tables/{file.name}" for file in (tables.DOCS / "tables").iterdir()} <= written.keys()


def test_readme_results_are_what_a_build_gives(published: duckdb.DuckDBPyConnection) -> None:
    assert queries.examples(README)
    assert queries.refreshed(README, published) == README


def test_picture_is_drawn_from_what_a_build_gives(published: duckdb.DuckDBPyConnection) -> None:
    assert (tables.DOCS / "demo.svg").read_text(encoding="utf-8") == picture.draw(published)


def marts_of(demo_build: SimpleNamespace) -> list[dict]:
    nodes = demo_build.manifest["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "model" and node["schema"] == "marts"]


def test_every_mart_says_what_it_is_for_and_has_an_example_that_returns_rows(
    demo_build: SimpleNamespace, published: duckdb.DuckDBPyConnection
) -> None:
    for mart in marts_of(demo_build):
        told = tables.sections(mart["description"])
        assert {"Grain", "What it answers", "Null means", "Example query"} <= told.keys(), mart["name"]
        assert told.keys() <= {
            "Grain", "What it answers", "Rules", "What it does not prove", "Null means", "Example query",
        }, mart["name"]  # fmt: skip
        example, *_ = queries.QUERY.findall(told["Example query"])
        assert f"from marts.{mart['name']}\n" in example
        assert published.execute(example).fetchall(), f"{mart['name']}: the example query returns nothing"


def test_every_mart_is_on_a_page(demo_build: SimpleNamespace, written: dict[str, str]) -> None:
    headings = re.findall(r"^## ((?:dim|fct|rpt|sync)_\w+)$", "\n".join(written.values()), re.MULTILINE)
    assert sorted(headings) == sorted(mart["name"] for mart in marts_of(demo_build))


# -- what the pages tell a reader to run; test_makefile.py starts the commands of make, test_contributing.py what is
# said of a model that is added there


ADDED = pages.commands(pages.PROJECT / "CONTRIBUTING.md")
DBT = [command for command in pages.OTHER_COMMANDS if command.startswith(".venv/bin/dbt ") and command not in ADDED]
SHELL = [command for command in pages.OTHER_COMMANDS if re.match(r"cp |mv |[.]venv/bin/python -c ", command)]


def test_every_command_of_the_pages_is_tried_somewhere() -> None:
    assert pages.ALL_COMMANDS and set(pages.OTHER_COMMANDS) - {*ADDED} == {*DBT, *SHELL}


@pytest.fixture(scope="module")
def own_build(demo_build: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the demo's build wrote, to change."""
    folder = tmp_path_factory.mktemp("build")
    shutil.copy(demo_build.warehouse, folder / shared.WAREHOUSE)
    shutil.copytree(demo_build.published.parent, folder / "published")
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return folder


@pytest.mark.parametrize("command", DBT)
def test_dbt_command_of_the_pages_works(command: str, own_build: Path) -> None:
    """What is built is listed here: building takes minutes, and other tests build."""
    arguments = [argument.strip("'") for argument in re.findall(r"'[^']*'|\S+", command)[1:]]
    listed = ["ls" if argument == "build" else argument for argument in arguments]
    if "--vars" in arguments:
        check_vars(arguments[arguments.index("--vars") + 1])
    run = commands.run(commands.DBT, *listed, env=shared.environment(own_build))
    if "freshness" in arguments:
        assert "ERROR STALE" in run.stdout, run.stdout  # the demo business ended in 2025
        return
    assert run.returncode == 0, run.stdout
    assert "No nodes selected" not in run.stdout


@pytest.mark.parametrize("command", SHELL)
def test_shell_command_of_the_pages_works(command: str, own_build: Path) -> None:
    (version,) = (path.name for path in (own_build / "published" / "marts_versions").iterdir())
    if command.startswith("mv "):
        shutil.copy(own_build / "published" / "marts.duckdb", own_build / "published" / "back.duckdb")
    run = subprocess.run(
        ["bash", "-c", command.replace("VERSION", version)],
        cwd=own_build,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    if "python" in command:
        assert "│" in run.stdout


def test_own_data_in_three_steps(tmp_path: Path) -> None:
    """The README's files, landed and built by its command."""
    steps = README[README.index("## Your own data") : README.index("## Documentation")]
    landing = tmp_path / "landing"
    landing.mkdir()
    for content in re.findall(r"```text\n(.*?)```", steps, re.DOTALL):
        rows = textwrap.dedent(content)
        table = "subscription_events" if rows.startswith("event_id") else "customers"
        assert f"`{table}.csv`" in steps
        (landing / f"{table}.csv").write_text(rows, encoding="utf-8")
    (command,) = re.findall(r"RAW_DATA_DIR=/data/landing .*make build", steps)
    settings = dict(word.split("=", 1) for word in shlex.split(command) if "=" in word)
    environment = shared.environment(tmp_path, landing)
    run = commands.run("warehouse.build", "--vars", settings["VARS"], env=environment)
    assert run.returncode == 0, run.stdout[-3000:]
    assert "\nRows        5 landed = 5 accepted + 0 duplicates + 0 quarantined" in run.stdout
    with duckdb.connect(str(tmp_path / "published" / "marts.duckdb"), read_only=True) as connection:
        customers = connection.execute(
            "select customer_id, current_status, current_mrr from marts.dim_customers order by customer_id"
        ).fetchall()
    assert customers == [("c1", "churned", 0), ("c2", "active", Decimal("40.833333"))]


# -- what the pages say of the project


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_every_link_leads_somewhere() -> None:
    broken = []
    for page in pages.PAGES:
        for link in pages.links(page):
            path, _, anchor = link.partition("#")
            if "://" in path:
                continue
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and anchor not in pages.anchors(target)):
                broken.append(f"{page.relative_to(pages.PROJECT)}: {link}")
    assert broken == []


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    seen, found = {pages.README}, [pages.README]
    while found:
        page = found.pop()
        linked = {(page.parent / link.partition("#")[0]).resolve() for link in pages.links(page)}
        new = {target for target in linked if target.suffix == ".md"} - seen
        seen |= new
        found += new
    assert {page for page in pages.PAGES if ".github" not in page.parts} - seen == set()


def test_pages_that_the_project_names_are_there() -> None:
    """Messages, comments and descriptions say "docs/engines.md"."""
    listed = subprocess.run(["git", "ls-files"], cwd=pages.PROJECT, capture_output=True, text=True, check=True)
    missing = []
    for name in listed.stdout.splitlines():
        file = pages.PROJECT / name
        if file.is_file() and file.suffix in (".py", ".sql", ".yml", ".md", ".toml", ".html", ""):
            named = re.findall(r"(?<![\w/.])docs/[\w/]+\.(?:md|svg|py)", file.read_text(encoding="utf-8"))
            missing += [f"{name}: {page}" for page in named if not (pages.PROJECT / page).exists()]
    assert missing == []


def cell(value: object) -> str:
    if isinstance(value, list):
        return f"`[{', '.join(value)}]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def allowed(rule: dict) -> str:
    """What a rule of a setting allows, as the table of settings says it; empty = what its type says."""
    if "of" in rule or rule["type"] == "boolean":
        return ", ".join(map(cell, rule.get("of", [True, False])))
    if "above" in rule:
        return f"above {rule['above']}, at most {rule['at_most']}"
    if "at_least" in rule:
        return f"{rule['at_least']} to {rule['at_most']}" if "at_most" in rule else f"{rule['at_least']} or more"
    return {"time": "not later than now", "time_zone": "a name in the IANA database"}.get(
        rule["type"], rule.get("use", "")
    )


def settings_told() -> dict[str, tuple[str, str, str, str]]:
    page = (tables.DOCS / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*?) ?\| (.*) \|$", page, re.MULTILINE)
    assert len({name for name, *_ in rows}) == len(rows)
    return {name: tuple(told) for name, *told in rows}


def test_settings_are_told_with_type_default_and_bounds() -> None:
    told = settings_told()
    for name, rule in RULES.items():
        kind, default, bounds, _ = told.pop(name)
        assert (kind, bounds) == (rule["type"], allowed(rule)), name
        assert default == cell(VARS[name]) or (VARS[name] is None and "`" not in default), name
    engines = (tables.DOCS / "engines.md").read_text(encoding="utf-8")
    assert told.pop("PERSONAL_DATA_KEY")
    for name, rule in ENVIRONMENT.items():
        if name.startswith(("PG", "SPARK")):
            assert f"`{name}`" in engines
            continue
        kind, default, bounds, _ = told.pop(name)
        assert kind == rule["type"], name
        assert default == cell(rule["default"]) if "default" in rule else "`" not in default, name
        assert allowed(rule) in bounds, name
    assert told == {}


def test_seeds_and_analyses_are_all_told() -> None:
    page = (tables.DOCS / "operations.md").read_text(encoding="utf-8")
    for file in [*(pages.PROJECT / "seeds").glob("*.csv"), *(pages.PROJECT / "analyses").glob("*.sql")]:
        assert f"`{file.relative_to(pages.PROJECT)}`" in page or f"`{file.stem}`" in page, file


def test_events_and_states_are_those_of_the_contract(demo_build: SimpleNamespace) -> None:
    page = (tables.DOCS / "input.md").read_text(encoding="utf-8")
    table = page[page.index("| event_type |") : page.index("Events may arrive")]
    source = demo_build.manifest["sources"]["source.retention_warehouse.raw.subscription_events"]
    accepted = source["columns"]["event_type"]["config"]["meta"]["accepted"]
    named = [name for row in table.splitlines()[2:] if row for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(accepted)


def definitions_of_churn(demo_build: SimpleNamespace) -> str:
    """The table of the definitions of a churn rate, as the column's description has it."""
    (rows,) = [block for block, name in tables._doc_blocks(demo_build.manifest).items() if name == "definition"]
    return rows


def test_definitions_name_tables_and_columns_that_exist(demo_build: SimpleNamespace) -> None:
    page = (tables.DOCS / "definitions.md").read_text(encoding="utf-8")
    known = {"as_of", "known_at", *RULES, *ENVIRONMENT, *THRESHOLDS, "churn_reasons", "all", "occurred_at"}
    known |= {"mrr_definitions", *re.findall(r"^\| `(\w+)`", definitions_of_churn(demo_build), re.MULTILINE)}
    for mart in marts_of(demo_build):
        known |= {mart["name"], *mart["columns"], *(f"{mart['name']}.{column}" for column in mart["columns"])}
    assert set(re.findall(r"`([a-z_.]+)`", page)) - known == set()


def test_numbers_of_the_readme_are_those_of_the_project(demo_build: SimpleNamespace) -> None:
    text = " ".join(README.split())
    rows = definitions_of_churn(demo_build)
    assert "and seven others beside it" in text and len(re.findall(r"^\| `", rows, re.MULTILINE)) == 8
    assert "nine [analyses]" in text and len(list((pages.PROJECT / "analyses").glob("*.sql"))) == 9
    changes = [mutant for mutant in read_mutants() if not mutant.equivalent and mutant.is_in_a_model]
    assert "each of more than 150 small wrong changes to the models" in text and len(changes) > 150
    performance = (tables.DOCS / "performance.md").read_text(encoding="utf-8")
    assert "[0.15 of the cost]" in text and "| increment: 0.15 of a full build | 0.15;" in performance
    assert "Churn and MRR of 11 million events build in a minute within 1.4 GB" in text
    assert "| full build | 81.5 | 53.3 | 1.4 GB |" in performance


def test_every_model_and_column_is_described(demo_build: SimpleNamespace) -> None:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        columns = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns "
            "where table_schema in ('staging', 'intermediate', 'marts', 'seeds')"
        ).fetchall()
    described = {
        (node["schema"], node["name"], column["name"])
        for node in demo_build.manifest["nodes"].values()
        if node["resource_type"] in ("model", "seed") and node["description"]
        for column in node["columns"].values()
        if column["description"]
    }
    # an attribute of the customer is carried along under its name, and described where it lands
    customers = demo_build.manifest["sources"]["source.retention_warehouse.raw.customers"]["columns"]
    carried = {name for name, column in customers.items() if column["description"]} & set(VARS["segments"])
    assert [
        (schema, table, column)
        for schema, table, column in columns
        if (schema, table, column) not in described and (schema == "marts" or column not in carried)
    ] == []


def test_summary_says_what_was_built_and_the_headline_numbers(demo_build: SimpleNamespace) -> None:
    summary = demo_build.output[demo_build.output.index("\nBuilt ") :]
    shown = re.search(r"```text\n(Data .*?)```", README, re.DOTALL)[1]
    for place, default in (
        (demo_build.warehouse, "warehouse.duckdb"),
        (demo_build.published, "published/marts.duckdb"),
        (demo_build.published.parent / "boards", "published/boards"),
        (demo_build.warehouse.parent / "target", "target"),
    ):
        summary = summary.replace(str(place), default)
    assert shown in summary


def test_published_file_has_the_marts_and_no_personal_data(
    demo_build: SimpleNamespace, published: duckdb.DuckDBPyConnection
) -> None:
    tables = published.execute("select table_schema, table_name from information_schema.tables").fetchall()
    assert {schema for schema, _ in tables} == {"main"}
    assert "email" not in {
        c for (c,) in published.execute("select column_name from information_schema.columns").fetchall()
    }
    for _, table in tables:
        found = published.execute(
            f"select count(*) from marts.{table} as t where cast(t as varchar) like '%@example.%'"
        )
        assert found.fetchone() == (0,), table
