"""The published file is always whole, old or new: real processes, killed anywhere, with a reader all the while."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import stat
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import commands
import duckdb
import harness
import pytest
import reader
import shared

from warehouse import publishing
from warehouse.catalog import read_marts
from warehouse.dbt_run import DbtRun, read_run
from warehouse.publishing import NotPublishedError, publish
from warehouse.versions import Versions

MARTS = ("dim_customers", "fct_churn_events", "rpt_clv")
ROWS = 20_000

# A process that publishes; it says when it begins. Before a step of its own choice it is killed: what a step is, Python
# says itself (every file opened, linked, renamed, removed).
PUBLISH = """
import json, os, signal, sys
from pathlib import Path
from warehouse import publishing
from warehouse.catalog import read_marts
from warehouse.dbt_run import DbtRun, read_run

warehouse, published, run, last_step, bytes_of_a_file = json.loads(sys.argv[1])
steps = 0

def step(event, arguments):
    global steps
    if event in ("open", "os.link", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "fcntl.flock"):
        steps += 1
        if steps == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

if bytes_of_a_file:
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_of_a_file, bytes_of_a_file))
run["marts"], run["problems"] = tuple(run["marts"]), tuple(run["problems"])
print("ready", flush=True)
sys.addaudithook(step)
try:
    publishing.publish(DbtRun(**run), Path(warehouse), Path(published), 3)
    print(steps, "steps")
except publishing.NotPublishedError as error:
    print("not published:", error)
"""


def a_run(name: str, **further) -> DbtRun:
    return DbtRun(**{"invocation_id": name, "marts": MARTS, "built": 3, "passed_tests": 7, "problems": (), **further})


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two builds: every row of every mart says of which it is; raw and staging data beside them."""
    found = {}
    for name in ("old", "new"):
        found[name] = tmp_path_factory.mktemp(name) / "warehouse.duckdb"
        with duckdb.connect(str(found[name])) as connection:
            for schema in ("raw", "staging", "intermediate", "marts"):
                connection.execute(f"create schema {schema}")
            connection.execute("create table raw.customers as select 'ann@example.com' as email")
            state = '{"settings": {"reporting_currency": "eur"}}'
            connection.execute(f"create table raw.last_build as select '{name}' as invocation_id, '{state}' as state")
            connection.execute("create table intermediate.int_report_moment as select timestamp '2024-05-01' as as_of")
            for mart in MARTS:
                connection.execute(
                    f"create table marts.{mart} as select '{name}' as build, i, i * 7 as other from range({ROWS}) r(i)"
                )
            connection.execute("create table marts.rpt_of_a_model_that_is_gone as select 1 as x")
    return found


@pytest.fixture
def published(tmp_path: Path, warehouses: dict[str, Path]) -> Path:
    """A published file: the old build's."""
    file = tmp_path / "published" / "marts.duckdb"
    publish(a_run("old"), warehouses["old"], file, 3)
    return file


def builds_in(published: Path) -> set[tuple[str, int]]:
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = [
            row
            for mart in MARTS
            for row in connection.execute(f"select build, count(*) from marts.{mart} group by build").fetchall()
        ]
    assert len(rows) == len(MARTS), rows
    return set(rows)


def start_publishing(
    warehouse: Path, published: Path, name: str, *, last_step: int = 0, bytes_of_a_file: int = 0
) -> commands.Running:
    asked = [str(warehouse), str(published), vars(a_run(name)), last_step, bytes_of_a_file]
    process = commands.start("-c", PUBLISH, json.dumps(asked), env=os.environ)
    assert process.stdout.readline() == "ready\n"
    return process


# -- what is published


def test_marts_of_the_run_and_nothing_else(published):
    with duckdb.connect(str(published), read_only=True) as connection:
        tables = connection.execute("select table_name from information_schema.tables order by 1").fetchall()
        assert tables == [(mart,) for mart in MARTS]
        assert connection.execute("select count(*) from marts.rpt_clv where build = 'old'").fetchone() == (ROWS,)
    assert b"ann@example.com" not in published.read_bytes()


def test_whatever_the_file_is_called_marts_names_a_table(warehouses, tmp_path):
    publish(a_run("old"), warehouses["old"], tmp_path / "for bi.duckdb", 3)
    assert builds_in(tmp_path / "for bi.duckdb") == {("old", ROWS)}


def test_an_older_duckdb_can_open_it(published):
    with duckdb.connect(str(published), read_only=True) as connection:
        tags = "select tags['storage_version'] from duckdb_databases() where database_name = 'marts'"
        assert connection.execute(tags).fetchone() == ("v1.0.0+",)


def test_the_last_versions_are_kept_and_each_says_what_it_is(warehouses, published):
    for name in ("new", "old", "new"):
        publish(a_run(name), warehouses[name], published, 3)
    kept = Versions(published).kept()
    assert [builds_in(version / "marts.duckdb") for version in kept] == [
        {(name, ROWS)} for name in ("new", "old", "new")
    ]
    about = json.loads((kept[-1] / "publication.json").read_text())
    assert about["as_of"] == "2024-05-01 00:00:00" and about["tests_passed"] == 7
    assert about["rows"] == dict.fromkeys(MARTS, ROWS)
    assert re.fullmatch("[0-9a-f]{40}(-dirty)?", about["revision"])
    # the log is one query
    log = duckdb.sql(f"select published_at from read_json('{published.parent}/marts_versions/*/publication.json')")
    assert len(log.fetchall()) == 3
    assert {file.name for file in published.parent.iterdir()} == {"marts.duckdb", "marts_versions"}


def test_no_version_need_be_kept(warehouses, published):
    publish(a_run("new"), warehouses["new"], published, 0)
    assert Versions(published).kept() == [] and builds_in(published) == {("new", ROWS)}


def test_the_file_says_of_which_build_it_is(warehouses, published, tmp_path):
    assert publishing.published_build(published) == "old"
    publish(a_run("new"), warehouses["new"], published, 3)
    assert publishing.published_build(published) == "new"
    assert publishing.published_build(warehouses["new"]) is None
    assert publishing.published_build(tmp_path / "none.duckdb") is None
    (tmp_path / "torn.duckdb").write_bytes(published.read_bytes()[:5000])
    assert publishing.published_build(tmp_path / "torn.duckdb") is None


def test_the_file_says_what_its_tables_and_columns_are(warehouses, tmp_path):
    descriptions = {"rpt_clv": ("**Grain.** One row per build's row.", {"build": "Which; it isn't null."})}
    keys = {"rpt_clv": ["build", "i"]}
    publish(a_run("new", descriptions=descriptions, keys=keys), warehouses["new"], tmp_path / "marts.duckdb", 3)
    with duckdb.connect(str(tmp_path / "marts.duckdb"), read_only=True) as connection:
        said = "select comment from duckdb_tables() where table_name = 'rpt_clv'"
        moment = "as of 2024-05-01 00:00:00, amounts in EUR"
        about = f"**Grain.** One row per build's row.\n\n{moment}\nKey: build, i\nbuilt by dbt run new"
        assert connection.execute(said).fetchone() == (about,)
        said = "select column_name, comment from duckdb_columns() where table_name = 'rpt_clv' and comment is not null"
        assert connection.execute(said).fetchall() == [("build", "Which; it isn't null.")]
        marts = read_marts(connection)
        clv, undescribed = marts["rpt_clv"], marts["dim_customers"]
        assert clv.facts == {"Grain": "One row per build's row."} and clv.relation == '"main"."rpt_clv"'
        assert (undescribed.facts, undescribed.as_of, undescribed.currency) == ({}, "2024-05-01 00:00:00", "EUR")
        assert clv.columns[0].meaning == "Which; it isn't null." and undescribed.columns[0].meaning == ""
    assert publishing.published_build(tmp_path / "marts.duckdb") == "new"


def test_every_table_and_column_of_a_build_is_described_in_its_file(demo_build):
    with duckdb.connect(str(demo_build.published), read_only=True) as connection:
        tables = connection.execute("select comment from duckdb_tables()").fetchall()
        columns = connection.execute("select comment from duckdb_columns() where not internal").fetchall()
    assert len(tables) > 50 and all(says.startswith("**Grain.**") and "```" not in says for (says,) in tables)
    assert len(columns) > 500 and all(says and "{{" not in says for (says,) in columns)


@pytest.mark.parametrize("file_system", ["copies", "does not"])
def test_what_happens_to_the_published_file_leaves_its_version_alone(warehouses, published, monkeypatch, file_system):
    def refuse(*_):
        raise OSError("no copies here")

    if file_system == "does not":
        monkeypatch.setattr(os, "copy_file_range", refuse)
    publish(a_run("new"), warehouses["new"], published, 3)
    version = Versions(published).kept()[-1] / "marts.duckdb"
    assert version.read_bytes() == published.read_bytes()
    assert {stat.S_IMODE(file.stat().st_mode) for file in (version, published)} == {0o444}
    published.chmod(0o644)
    published.write_bytes(b"overwritten")
    assert builds_in(version) == {("new", ROWS)}


def test_the_newest_version_is_kept_whatever_a_clock_or_its_neighbours_say(warehouses, published, monkeypatch):
    folder = Versions(published).folder
    for name, about in {
        "2099-01-01T00-00-00": "",
        "2099-01-02T00-00-00": '{"published_at": "2099-01-02T00:00:00+00:00"}',
        "2099-01-03T00-00-00": '{"number": "seven", "published_at": 7}',
        "2099-01-04T00-00-00": '["number", "published_at"]',
        "2099-01-05T00-00-00": '{"number": 1, "publi',
    }.items():
        (folder / name).mkdir()
        shutil.copy(published, folder / name)
        (folder / name / "publication.json").write_text(about)
    (folder / "notes of mine").mkdir()
    (folder / "notes of mine" / "read.me").touch()
    (folder / "a file").touch()

    class Stopped(datetime):
        @classmethod
        def now(cls, tz=None):
            return cls(2020, 1, 1, tzinfo=tz)

    monkeypatch.setattr(publishing, "datetime", Stopped)
    for name in ("new", "old", "new"):
        publish(a_run(name), warehouses[name], published, 1)
        (kept,) = Versions(published).kept()
        assert builds_in(kept / "marts.duckdb") == builds_in(published) == {(name, ROWS)}
    publish(a_run("old"), warehouses["old"], published, 2)
    assert [builds_in(version / "marts.duckdb") for version in Versions(published).kept()] == [
        {("new", ROWS)},
        {("old", ROWS)},
    ]
    assert (folder / "notes of mine" / "read.me").exists() and (folder / "a file").exists()


@pytest.mark.parametrize("about", [None, "", '{"publi', "[]", "{}"])
@pytest.mark.parametrize("draft", ["is published", "torn", "missing"])
def test_whatever_a_killed_build_left_the_next_one_publishes(about, draft, warehouses, published):
    left = Versions(published)
    left.draft_folder.mkdir()
    if draft != "missing":
        left.draft.write_bytes(published.read_bytes()[: None if draft == "is published" else 5000])
    if about is not None:
        (left.draft_folder / "publication.json").write_text(about)
    left.leftover.touch()
    publish(a_run("new"), warehouses["new"], published, 3)
    assert builds_in(published) == {("new", ROWS)} and len(left.kept()) == 2
    assert {file.name for file in left.folder.iterdir()} == {version.name for version in left.kept()}


def test_what_readers_will_see_is_on_the_disk_before_they_do(warehouses, published, monkeypatch):
    calls = []

    def record(name: str, path_of) -> None:
        original = getattr(os, name)

        def recorded(*arguments):
            calls.append((name, Path(path_of(arguments[0])).name))
            return original(*arguments)

        monkeypatch.setattr(os, name, recorded)

    record("fsync", lambda descriptor: os.readlink(f"/proc/self/fd/{descriptor}"))
    record("replace", str)
    record("rename", str)
    publish(a_run("new"), warehouses["new"], published, 3)
    assert calls == [
        ("fsync", "marts.duckdb"),
        ("fsync", "publication.json"),
        ("fsync", ".draft"),
        ("fsync", "marts_versions"),
        ("fsync", "published"),
        ("replace", "published"),
        ("fsync", "published"),  # the folder
        ("rename", ".draft"),
        ("fsync", "marts_versions"),
    ]


# -- what is not


@pytest.mark.parametrize(
    ("run", "says"),
    [
        (a_run("new", problems=("test x failed: 3 rows",)), "test x failed: 3 rows"),
        (a_run("some run before"), "another build has written .* since: build again"),
        (a_run("new", marts=(*MARTS, "rpt_nps")), "rpt_nps does not exist"),
    ],
    ids=["a test failed", "the warehouse is another build's", "a mart is not there"],
)
def test_nothing_is_published_when(run, says, warehouses, published):
    before = published.read_bytes()
    with pytest.raises(NotPublishedError, match=says):
        publish(run, warehouses["new"], published, 3)
    assert published.read_bytes() == before
    assert len(Versions(published).kept()) == 1 and not Versions(published).draft_folder.exists()


@pytest.mark.parametrize("option", ["empty", "sample", "event_time_start", "event_time_end"])
def test_a_build_that_leaves_rows_out_says_so(tmp_path, option):
    metadata = {"generated_at": "2026-01-01T00:00:00+00:00", "invocation_id": "new"}
    results = {"metadata": metadata, "args": {"empty": False, "sample": None, option: True}, "results": []}
    (tmp_path / "run_results.json").write_text(json.dumps(results))
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {}, "unit_tests": {}}))
    run = read_run(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    assert run.problems == (f"--{option.replace('_', '-')} leaves rows out: such a build is never published",)


@pytest.mark.parametrize(("left_out", "is_whole"), [("unit_test.w.u", True), ("test.w.t", False), ("model.w.m", False)])
def test_unit_tests_may_be_left_out_and_nothing_else(tmp_path, left_out, is_whole):
    kinds = {"model.w.m": "model", "test.w.t": "test", "unit_test.w.u": "unit_test"}
    nodes = {
        name: {"resource_type": kind, "alias": "m", "schema": "marts", "name": "m"} for name, kind in kinds.items()
    }
    metadata = {"generated_at": "2026-01-01T00:00:00+00:00", "invocation_id": "new"}
    ran = [{"unique_id": name, "status": "success"} for name in kinds if name != left_out]
    ran += [{"unique_id": name, "status": "no-op"} for name in ("exposure.w.board", "saved_query.w.overview")]
    (tmp_path / "run_results.json").write_text(json.dumps({"metadata": metadata, "args": {}, "results": ran}))
    unit_tests = {"unit_test.w.u": nodes.pop("unit_test.w.u")}
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes, "unit_tests": unit_tests}))
    run = read_run(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    says = "only 1 of 2 models, seeds and data tests were run: a part of the warehouse is never published"
    assert run.problems == (() if is_whole else (says,))


def test_a_warehouse_whose_last_build_broke_off_is_not_published(warehouses, published, tmp_path):
    broken = tmp_path / "warehouse.duckdb"
    shutil.copy(warehouses["new"], broken)
    with duckdb.connect(str(broken)) as connection:
        connection.execute("drop table raw.last_build")
    with pytest.raises(NotPublishedError, match="another build has written"):
        publish(a_run("new"), broken, published, 3)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("delete from rpt_clv where i = 5", "rpt_clv has 19,999 rows in the draft, 20,000 in the warehouse"),
        ("drop table rpt_clv", "rpt_clv is missing"),
        (None, "the draft cannot be read"),
    ],
)
def test_what_the_audit_finds_keeps_the_draft_from_readers(damage, says, warehouses, published, monkeypatch):
    write_draft = publishing.write_draft

    def write_damaged(run: DbtRun, warehouse: Path, draft: Path) -> tuple:
        written = write_draft(run, warehouse, draft)
        if damage:
            with duckdb.connect(str(draft)) as connection:
                connection.execute(damage)
        else:
            draft.write_bytes(draft.read_bytes()[:5000])
        return written

    monkeypatch.setattr(publishing, "write_draft", write_damaged)
    with pytest.raises(NotPublishedError, match=says):
        publish(a_run("new"), warehouses["new"], published, 3)
    assert builds_in(published) == {("old", ROWS)}


@pytest.mark.parametrize("size", [100, 50_000, 400_000])
def test_a_full_disk_publishes_nothing_and_says_so(size, warehouses, published):
    output, _ = start_publishing(warehouses["new"], published, "new", bytes_of_a_file=size).communicate()
    assert output.startswith("not published: ") and "File too large" in output
    assert builds_in(published) == {("old", ROWS)} and not Versions(published).draft_folder.exists()


def test_a_warehouse_in_use_is_not_published_and_its_holder_is_named(warehouses, published, tmp_path):
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(warehouses["new"], warehouse)
    with duckdb.connect(str(warehouse)):
        output, _ = start_publishing(warehouse, published, "new").communicate()
    assert re.match(rf"not published: .* is in use by \S+ \(process {os.getpid()}\)", output)
    assert builds_in(published) == {("old", ROWS)}


# -- killed


def check_whole(published: Path, before: set) -> None:
    """What readers may find after a kill, and what a version is."""
    assert builds_in(published) in ({("old", ROWS)}, {("new", ROWS)})
    for version in Versions(published).kept():
        assert len(builds_in(version / "marts.duckdb")) == 1
        assert json.loads((version / "publication.json").read_text())["rows"]
    if before != builds_in(published):  # readers saw it, so the next build keeps it as a version
        Versions(published).begin()
        assert builds_in(Versions(published).kept()[-1] / "marts.duckdb") == builds_in(published)


def test_killed_before_any_step_the_file_is_whole_and_the_next_build_recovers(warehouses, published):
    with reader.reading(published) as found:
        output, _ = start_publishing(warehouses["new"], published, "new").communicate()
        steps = int(output.split()[0])
        ends = set()
        for last_step in range(1, steps + 1):
            publish(a_run("old"), warehouses["old"], published, 3)
            before = builds_in(published)
            process = start_publishing(warehouses["new"], published, "new", last_step=last_step)
            process.communicate()
            assert process.returncode == -signal.SIGKILL
            check_whole(published, before)
            ends |= builds_in(published)
    assert {file.name for file in published.parent.iterdir()} == {"marts.duckdb", "marts_versions"}
    assert ends == {("old", ROWS), ("new", ROWS)}  # some before the rename, some after it
    assert found.errors == [] and len(found.met) == 2 and found.reads > steps


def test_killed_at_random_moments_the_file_is_whole(warehouses, published):
    draw = random.Random(0)
    process, began = start_publishing(warehouses["new"], published, "new"), time.monotonic()
    process.communicate()
    longest = time.monotonic() - began
    with reader.reading(published) as found:
        for round_number in range(12):
            name, before = ("old", "new")[round_number % 2], builds_in(published)
            process = start_publishing(warehouses[name], published, name)
            time.sleep(draw.uniform(0, 1.2 * longest))
            process.kill()
            process.communicate()
            check_whole(published, before)
        for name in ("old", "new"):
            publish(a_run(name), warehouses[name], published, 3)
            time.sleep(0.5)
    assert builds_in(published) == {("new", ROWS)} and not Versions(published).draft_folder.exists()
    assert found.errors == [] and len(found.met) == 2 and found.reads > 12


def test_two_that_publish_at_once_wait_for_each_other(warehouses, published):
    with reader.reading(published) as found:
        for _ in range(3):
            both = [start_publishing(warehouses[name], published, name) for name in ("old", "new")]
            assert all("steps" in process.communicate()[0] for process in both)
    assert found.errors == [] and len(found.met) == 2
    assert len(Versions(published).kept()) == 3


# -- the whole of `make build`, on another landing folder than what is published

CUSTOMERS = [{"customer_id": f"c{number}"} for number in range(5)]
STARTS = [
    {
        "event_id": f"e{number}",
        "customer_id": f"c{number}",
        "subscription_id": f"s{number}",
        "event_type": "started",
        "occurred_at": "2024-01-15",
        "amount": "10",
    }
    for number in range(5)
]


@pytest.fixture
def place(demo_build: SimpleNamespace, tmp_path: Path) -> Path:
    """A folder in which the demo business has been built and published."""
    for name in ("warehouse.duckdb", "published", "target"):
        source = demo_build.warehouse.parent / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    return tmp_path


def start_build(place: Path, events: list[dict], *arguments: str) -> commands.Running:
    landing = place / f"landing of {len(events)}"
    landing.mkdir(exist_ok=True)
    harness.write_landing(landing, {"subscription_events": events, "customers": CUSTOMERS})
    return commands.start("warehouse.build", *arguments, env=shared.environment(place, landing))


def test_builds_that_fail_are_killed_or_come_second_leave_the_published_file_whole(place):
    published = place / "published" / "marts.duckdb"
    demo = reader.contents_of(published)
    with reader.reading(published, pause=0.5) as found:
        # a test that fails: a subscription of two customers, which is a warning unless warnings are asked to be errors
        shared = {**STARTS[1], "event_id": "e9", "subscription_id": "s0"}
        failing = start_build(place, [*STARTS, shared], "--warn-error-options", '{"error": ["LogTestResult"]}')
        output, _ = failing.communicate()
        assert failing.returncode == 1
        said = output[output.index("\nNothing was published") :]
        assert f"{published} is as it was" in said
        assert "  - test subscriptions_have_one_customer failed: 1 row (tests/singular/quality/" in said
        assert re.search(r"- \d+ models and tests were not run because of that", said)

        partly = start_build(place, STARTS, "--select", "dim_dates")
        output, _ = partly.communicate()
        assert partly.returncode == 1
        assert re.search(r"Nothing was published.*\n  - only \d+ of \d+ models, seeds and data tests were run", output)

        draw = random.Random(1)
        for longest in (3, 8):
            killed = start_build(place, STARTS)
            time.sleep(draw.uniform(longest / 2, longest))
            killed.kill()
            killed.communicate()
            assert killed.returncode == -signal.SIGKILL
        assert reader.contents_of(published) == demo

        first = start_build(place, STARTS)
        while (line := first.stdout.readline()) and " models and tests " not in line:
            pass
        second = start_build(place, STARTS)
        output, _ = second.communicate()
        assert second.returncode == 1
        assert re.search(r"warehouse\.duckdb is in use by \S+ \(process \d+\): wait until it is done", output)
        assert "Nothing was published" in output
        output, _ = first.communicate()
        assert first.returncode == 0, output
    assert found.errors == []
    assert found.met == [demo, reader.contents_of(published)]
    assert len(Versions(published).kept()) == 2


def test_a_number_of_versions_that_is_none_is_said_before_anything_is_built(place):
    environment = {**os.environ, "PUBLISHED_VERSIONS": "all", "PUBLISHED_PATH": str(place / "new.duckdb")}
    build = commands.run("warehouse.build", env=environment)
    assert build.returncode == 1
    assert build.stdout == (
        "Nothing was done. Please mend these settings:\n  - PUBLISHED_VERSIONS is 'all', which is not a whole number: "
        "use a whole number of at least 1 and at most 1000\n"
    )
