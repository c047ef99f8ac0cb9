"""The benchmark measures what it says: its arithmetic, the increment that lands, and the month spine's own rules."""

import csv
import json
from pathlib import Path

import duckdb
import pytest

from benchmarks import bench_tables
from benchmarks.bench import latest, ratio, ratios, run, scaling_exponent, selected_project, spread, union_length
from benchmarks.run_sql import run_sql
from benchmarks.scale_report import scale_table
from benchmarks.synthetic import write_increment, write_synthetic
from benchmarks.synthetic_tables import TABLES, write_next_day, write_tables

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_time_in_which_several_ran_counts_once():
    assert union_length([]) == 0
    assert union_length([(5, 7), (1, 3), (2, 4), (6, 6.5)]) == 5
    assert union_length([(1, 2), (2, 3)]) == 2


def test_scaling_exponent_is_the_slope_between_sizes():
    assert scaling_exponent([(1e6, 10), (1e7, 100)]) == pytest.approx(1)
    assert scaling_exponent([(1e6, 3), (4e6, 24), (16e6, 192)]) == pytest.approx(1.5)


def test_scaling_exponent_needs_two_sizes_with_a_cost():
    assert scaling_exponent([(1e6, 10)]) is None
    assert scaling_exponent([(1e6, 10), (1e6, 11)]) is None
    assert scaling_exponent([(1e4, -0.1), (1e6, 10)]) is None


def test_spread_leaves_out_what_is_not_there():
    assert spread([3, None, 1, 2]) == {"median": 2, "min": 1, "max": 3}
    assert spread([None]) == {"median": None, "min": None, "max": None}


def measured(full: float) -> dict[str, dict]:
    """A round: a build of `full` CPU seconds, 10 of them fixed, an increment of 4 + 9, a limit of 5, a spine of 60; all
    marts 20 more, 5 of them fixed, and 2 more for the increment."""
    cpu = {"fixed": 10, "full": full, "limit": 5, "peer": 60, "fixed_again": 9, "increment": 13}
    cpu |= {"all_fixed": 15, "all_full": full + 20, "all_fixed_again": 14, "all_increment": 20}
    steps = {step: {"cpu_seconds": seconds, "wall_seconds": 8} for step, seconds in cpu.items()}
    steps["full"] |= {"sql_seconds": 12, "peak_memory_bytes": 1000 + full}
    return steps


def test_the_project_of_events_alone_is_whole(tmp_path):
    project = selected_project(tmp_path / "project")
    command = ["-m", "dbt.cli.main", "--quiet", "ls", "--resource-type", "model", "--output", "name"]
    _, printed = run(*command, project=project, WAREHOUSE_PATH=tmp_path / "none.duckdb")
    made = set(printed.split())
    assert {"rpt_churn_rates", "rpt_mrr_movements"} <= made
    assert "rpt_nps" not in made


def test_ratios_leave_fixed_costs_out():
    assert ratios(measured(30)) == {
        "ratio_to_limit": 4,
        "wall_ratio_to_limit": 1.5,
        "ratio_to_peer": 3,
        "increment_ratio": 0.2,
        "increment_to_limit": 0.8,
        "all_marts_to_limit": 7,
        "all_increment_ratio": pytest.approx(6 / 35),
        "all_marts_increment_to_limit": 1.2,
    }


def test_a_ratio_to_nothing_is_none():
    assert ratio(1, 0) is None
    assert ratios(measured(10))["increment_ratio"] is None


def test_latest_is_the_largest_size_and_the_exponent_of_all():
    sizes = [
        {
            "customers": events // 10,
            "events": events,
            "engine_cpu_seconds": seconds,
            "ratios": {name: spread([value]) for name, value in ratios(measured(seconds + 10)).items()},
            "rounds": [measured(seconds + 10), measured(seconds + 11)],
        }
        for events, seconds in ((1_000_000, 20), (100_000, 2))
    ]
    figures = latest(sizes)
    assert figures["scaling_exponent"] == pytest.approx(1)
    assert figures["ratio_to_limit"] == 4
    assert (figures["customers"], figures["events"], figures["peak_memory_bytes"]) == (100_000, 1_000_000, 1031)
    assert latest(sizes[:1])["scaling_exponent"] is None


@pytest.fixture(scope="module")
def landing(tmp_path_factory) -> tuple[Path, Path, int, int]:
    """Landing folder, increment, and the rows of both that were announced."""
    folder = tmp_path_factory.mktemp("benchmark")
    events = write_synthetic(folder / "landing", 2_000)
    return (
        folder / "landing",
        folder / "part.parquet",
        events,
        write_increment(folder / "landing", folder / "part.parquet"),
    )


@pytest.fixture(scope="module")
def tables(landing):
    """Views events (what was there) and news (the increment)."""
    folder, part, *_ = landing
    with duckdb.connect() as connection:
        connection.execute(f"create view events as from read_parquet('{folder}/subscription_events/*.parquet')")
        connection.execute(f"create view news as from read_parquet('{part}')")
        yield connection


SMALL = ("customers", "exchange_rates", "plans")


def one(connection: duckdb.DuckDBPyConnection, sql: str):
    return connection.execute(sql).fetchone()[0]


def test_increment_is_a_thousandth_of_the_events_and_all_are_new(landing, tables):
    _, _, events, news = landing
    assert (one(tables, "select count(*) from events"), one(tables, "select count(*) from news")) == (events, news)
    assert news == round(events / 1000) > 20
    assert one(tables, "select count(distinct event_id) from news") == news
    assert one(tables, "select count(*) from news semi join events on news.event_id = events.event_id") == 0


def test_a_tenth_of_the_increment_is_late_by_up_to_90_days(landing, tables):
    late = "from news, (select max(occurred_at) as end_at from events) where occurred_at <= end_at"
    assert one(tables, f"select count(*) {late}") == landing[3] // 10
    assert one(tables, f"select max(end_at - occurred_at) <= interval 90 days {late}")


def test_increment_is_loaded_at_once_after_everything(tables):
    assert one(tables, "select count(distinct loaded_at) from news") == 1
    assert one(tables, "select min(loaded_at) > (select max(greatest(occurred_at, loaded_at)) from events) from news")
    assert one(tables, "select bool_and(occurred_at < loaded_at) from news")


def test_increment_goes_on_with_subscriptions_and_starts_a_few(landing, tables):
    unknown = "from news anti join events on news.subscription_id = events.subscription_id"
    assert tables.execute(f"select distinct event_type {unknown}").fetchall() == [("started",)]
    assert one(tables, f"select count(*) {unknown}") == landing[3] // 20
    of_others = "from news join events using (subscription_id) where news.customer_id <> events.customer_id"
    assert one(tables, f"select count(*) {of_others}") == 0


def test_increment_has_the_types_of_the_other_parts(tables):
    assert tables.execute("describe news").fetchall() == tables.execute("describe events").fetchall()


def test_same_seed_same_increment(landing, tables, tmp_path):
    write_increment(landing[0], tmp_path / "again.parquet")
    write_increment(landing[0], tmp_path / "other.parquet", seed=2)
    assert (tmp_path / "again.parquet").read_bytes() == landing[1].read_bytes()
    assert (tmp_path / "other.parquet").read_bytes() != landing[1].read_bytes()


def test_limit_reads_every_event(landing):
    assert run_sql(BENCHMARKS / "limit.sql", landing[0])["rows"][0][0] == landing[2]


def test_month_spine_reaches_every_category(tmp_path):
    events = [  # one customer; what each month is expected to be follows from these
        ("started", "2024-01-10", 20, "new"),
        ("renewed", "2024-02-10", 20, None),
        ("changed", "2024-03-10", 30, "upgrade"),
        ("paused", "2024-04-10", None, "downgrade"),
        ("resumed", "2024-05-10", None, "upgrade"),
        ("changed", "2024-06-10", 25, "downgrade"),
        ("cancelled", "2024-07-10", None, "churn"),
        ("cancel_requested", "2024-08-10", None, None),
        ("reactivated", "2024-09-10", 25, "reactivation"),
    ]
    with (tmp_path / "events.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["event_type", "occurred_at", "amount", "customer_id", "subscription_id", "currency", "billing_interval"]
        )
        writer.writerows([*event[:3], "c1", "s1", "EUR", "month"] for event in events)
    (tmp_path / "subscription_events").mkdir()
    duckdb.execute(f"copy (from '{tmp_path}/events.csv') to '{tmp_path}/subscription_events/part.parquet'")
    duckdb.execute(f"copy (select 'EUR' as currency, 2 as rate_to_reporting) to '{tmp_path}/exchange_rates.parquet'")
    months = run_sql(BENCHMARKS / "peer.sql", tmp_path, str(tmp_path / "peer.duckdb"))["rows"]
    assert [counts for _, *counts in months] == [[0, 1, 0], *[[1, 0, 0]] * 5, [1, 0, 1], [0, 0, 0], [0, 0, 0]]
    with duckdb.connect(str(tmp_path / "peer.duckdb")) as connection:
        found = connection.execute("select change_category, mrr from mrr order by month_start").fetchall()
    assert [category for category, _ in found] == [event[3] for event in events]
    assert [mrr for _, mrr in found] == [40, 40, 60, 0, 60, 50, 0, 0, 50]


def test_the_table_of_docs_scale_is_what_was_counted():
    results = [json.loads((BENCHMARKS / "results" / f"spark_{n}.json").read_text()) for n in (1_000_000, 5_000_000)]
    page = (BENCHMARKS.parent / "docs" / "scale.md").read_text(encoding="utf-8")
    assert scale_table(*results) in page, "docs/scale.md: put in what benchmarks/scale_report.py prints"


def test_what_grows_as_the_events_has_exponent_one():
    counts = {"shuffle_bytes": 100e6, "disk_bytes_spilled": 0, "peak_execution_memory": 1e6}
    small = {"events": 1e6, "models": {"a": counts, "only_here": counts}}
    large = {"events": 4e6, "models": {"a": {**counts, "shuffle_bytes": 400e6}, "local": {"seconds": 1}}}
    row = scale_table(small, large).splitlines()[2]
    assert row == "| `a` | 100 MB | 400 MB | 1.00 | 100 GB | 0 MB | 1 MB |"


def test_the_next_day_brings_a_part_of_every_table(tmp_path):
    landed = write_tables(tmp_path / "landing", 300)
    brought = write_next_day(tmp_path / "landing", tmp_path / "next", share=0.01)
    assert set(landed) == set(brought) == {"subscription_events", *TABLES}
    assert {name.name for name in tmp_path.glob("landing/*")} == {*landed, *(f"{t}.parquet" for t in SMALL)}
    for table, (time, _) in TABLES.items():
        rows, part = f"read_parquet('{tmp_path}/landing/{table}/*.parquet')", f"'{tmp_path}/next/{table}.parquet'"
        assert duckdb.execute(f"describe from {part}").fetchall() == duckdb.execute(f"describe from {rows}").fetchall()
        (last,) = duckdb.execute(f"select cast(max({time}) as date) from {rows}").fetchone()
        late, on_the_day = duckdb.execute(
            f"select count(case when {time} < ? then 1 end), count(case when {time} > ? then 1 end) from {part}",
            [last, last],
        ).fetchone()
        assert landed[table] > 300 and brought[table] == pytest.approx(landed[table] / 100, abs=1)
        assert on_the_day > late and late + on_the_day >= 0.98 * brought[table] - 1
    corrected = f"select count(*) from '{tmp_path}/next/product_usage.parquet' as news semi join "
    corrected += f"read_parquet('{tmp_path}/landing/product_usage/*.parquet') as rows on news.customer_id = "
    corrected += "rows.customer_id and news.used_on = rows.used_on and news.feature = rows.feature"
    assert duckdb.execute(corrected).fetchone()[0] >= brought["product_usage"] // 100


def test_the_next_day_is_built_on_the_full_build_with_its_parts_landed(tmp_path, monkeypatch):
    """Builds that cost 10 CPU seconds each, 1 more for each part landed beside the 16 of a table, 20 more when full."""
    built = []

    def build(landing, folder):
        seconds = 10 + 20 * ("landing" in landing.name and folder not in built)
        built.append(folder)
        target = tmp_path / "of_all" / "target"
        target.mkdir(parents=True, exist_ok=True)
        (tmp_path / "of_all" / "warehouse.duckdb").touch()
        nodes = {
            "a": {"resource_type": "model", "fqn": ["project", "marts", "health", "a"]},
            "b": {"resource_type": "test", "attached_node": "a"},
            "c": {"resource_type": "seed"},
        }
        (target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
        results = [{"unique_id": name, "execution_time": number} for number, name in enumerate("cab")]
        (target / "run_results.json").write_text(json.dumps({"results": results}))
        parts = len(list(landing.glob("*/part-next-day.parquet")))
        return {"cpu_seconds": seconds + parts, "wall_seconds": 5, "peak_memory_bytes": 3_000_000 * len(built)}

    monkeypatch.setattr(bench_tables, "build", build)
    measured = bench_tables.measure(100, tmp_path)
    assert built == [tmp_path / "of_tiny", tmp_path / "of_all"] * 2
    assert measured["engine_cpu_seconds"] == {"full": 20, "next_day": len(TABLES) + 1}
    assert measured["next_day_ratio"] == (len(TABLES) + 1) / 20
    assert measured["peak_memory_bytes"] == 12_000_000
    assert measured["seconds_by_folder"]["full"] == {"marts/health": 3, "other": 0}
    assert "next day / full build: 0.40" in bench_tables.table(measured)
