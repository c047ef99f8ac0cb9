"""A build on a warehouse that is there already gives the tables of a full build, whatever the loads brought.

Sequences of loads are drawn from a seed: late events, corrections (also to another subscription or customer), old rows
once more, rows that cannot be used, events of the future, new, changed and erased customers, new and corrected exchange
rates, the same in every other table, parts replaced, another as_of or time zone. After each, the real `dbt build` of
one warehouse is compared with a full build of the same folder by other means (harness.build_on).

More and longer sequences: INCREMENT_SEEDS="3 4 5" INCREMENT_LOADS=8 pytest tests/python/test_increments.py
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

import duckdb
import harness
import pytest
import quick_dbt
import restatements_oracle
import shared
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from warehouse import fingerprint, increments
from warehouse.dbt_run import DbtRun
from warehouse.erase import erase
from warehouse.erasures import Erasures
from warehouse.file_states import SETTLED_NS, file_states, has_changed
from warehouse.landing import inspect_folder
from warehouse.publishing import publish

SEEDS = [int(seed) for seed in os.environ.get("INCREMENT_SEEDS", "1").split()]
LOADS = int(os.environ.get("INCREMENT_LOADS", "5"))
EVENT_COLUMNS = (
    "event_id", "customer_id", "subscription_id", "event_type", "occurred_at", "plan_id", "product_id", "amount",
    "currency", "billing_interval", "reason_code", "cancelled_by", "loaded_at",
)  # fmt: skip
EVENT_TYPES = (
    "trial_started", "started", "renewed", "renewed", "renewed", "changed", "payment_failed", "payment_recovered",
    "paused", "resumed", "cancel_requested", "cancelled", "expired", "reactivated",
)  # fmt: skip
# Of the tables that land besides, as events do: an id, customer and time, and what rows of them say.
OTHER_TABLES = {
    "invoices": ("invoice_id", "issued_at", {
        "amount": ("10", "12.5", "0"), "refunded_amount": (None, None, "3"), "currency": (None, "EUR", "GBP"),
        "status": ("paid", "open", "refunded"),
    }),
    "orders": ("order_id", "ordered_at", {
        "amount": ("10", "12.5", "99"), "refunded_amount": (None, None, "3"), "currency": (None, "EUR", "GBP"),
        "product": ("tea", "Tea", None),
    }),
    "product_usage": (None, "used_on", {
        "feature": (None, "search", "reports"), "usage_count": ("0", "1", "5"), "minutes": (None, "2.5", "7"),
    }),
    "support_tickets": ("ticket_id", "opened_at", {
        "priority": ("low", "high", "odd"), "category": ("billing", "bug", None), "agent": ("anna", "ben", None),
        "subject": (None, "Not slow", "Sync error"), "body": (None, "too expensive", "hello"),
    }),
    "survey_responses": ("response_id", "responded_at", {
        "survey_type": ("nps", "nps", "csat"), "score": ("3", "5", None), "comment": (None, "too expensive", "nice"),
        "touchpoint": (None, "onboarding", "relational"),
    }),
    "campaign_contacts": ("contact_id", "contacted_at", {
        "campaign": ("spring", "autumn", "Spring"), "trigger_code": (None, "no_use", "detractor"),
        "is_control": ("true", "false", None),
    }),
    "onboarding_milestones": (None, "reached_at", {
        "milestone": ("signed_in", "first_report", "invited"), "due_at": (None, "2024-03-01", "2024-04-01"),
    }),
}  # fmt: skip
# Who is erased before the last load. None of its rows is corrected: the quarantine shows another text of the erased.
ERASED = "gone"
# What an increment adds to, or takes out of and adds to; the marts follow from it.
GROWN = (
    *(f"staging.{file.stem}" for file in sorted(harness.PROJECT.glob("models/staging/*/base/*.sql"))),
    "intermediate.int_engagement_months", "intermediate.int_feature_adoptions", "intermediate.int_first_use_days",
    "intermediate.int_text_topics", "intermediate.int_customers",
    "intermediate.int_subscription_event_states", "intermediate.int_subscription_switches",
    "intermediate.int_subscription_states", "intermediate.int_subscription_ends", "intermediate.int_mrr_change_drivers",
    "intermediate.int_customer_changes", "intermediate.int_churn_events", "intermediate.int_customer_movements",
    "intermediate.int_movement_sums",
)  # fmt: skip
# The other marts that these tests look at.
WATCHED = (
    "dim_customers",
    "dim_subscriptions",
    "fct_churn_events",
    "fct_plan_cells",
    "fct_segment_periods",
    "rpt_quarantine",
    "rpt_restatements",
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project whose seeds can be changed, in the place of the project itself."""
    copy = tmp_path / "project"
    for pattern in (*fingerprint.PROJECT_FILES, "tests/fixtures/*", "tests/generic/*"):
        for file in filter(Path.is_file, harness.PROJECT.glob(pattern)):
            (copy / file.relative_to(harness.PROJECT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy / file.relative_to(harness.PROJECT))
    for module in (increments, harness):
        monkeypatch.setattr(module, "PROJECT", copy)
    return copy


class Business:
    """A landing folder that grows by loads drawn from one seed."""

    def __init__(self, folder: Path, seed: int, project: Path) -> None:
        self.folder, self.draw, self.rows = folder, random.Random(seed), []
        self.churn_reasons = project / "seeds" / "churn_reasons.csv"
        self.now, self.loads, self.events = datetime(2024, 3, 1), 0, 0
        self.settings: dict[str, str | int] = {}
        self.rates = {("EUR", "2023-01-01"): "1.1"}
        self.customers = {f"c{number}": ["DE", "US"][number % 2] for number in range(12)}
        # drawn apart, so that the events of a seed are the same whatever else lands
        self.draw_others, self.others = random.Random(f"others {seed}"), {}
        (folder / "subscription_events").mkdir(parents=True)

    def event(self, *, days_back: float) -> dict[str, str | None]:
        """A new event that happened up to days_back days ago."""
        draw, subscription = self.draw, self.draw.randrange(15)
        self.events += 1
        happened = self.now - timedelta(seconds=draw.randrange(int(days_back * 86400)))
        kind = draw.choice(EVENT_TYPES)
        return {
            "event_id": f"e{self.events}",
            "customer_id": f"c{subscription % 12}",
            "subscription_id": f"s{subscription}",
            "event_type": kind,
            "occurred_at": str(happened.replace(microsecond=0)),
            "plan_id": draw.choice(["basic", "pro", None]),
            "product_id": draw.choice(["chat", "mail", None, None]),
            "amount": draw.choice(["10", "10", "25.5", None, "120"]),
            "currency": draw.choice(["USD", "EUR", None]),
            "billing_interval": draw.choice([None, "month", "year"]),
            "reason_code": draw.choice([None, None, "too_expensive", "card_expired"]),
            "cancelled_by": draw.choice([None, "customer", "system"]),
            "loaded_at": draw.choice([str(self.now), str(self.now), None]),
        }

    def load(self, rows: list[dict[str, str | None]]) -> None:
        """Write the rows as one more Parquet part, and the small tables anew."""
        self.rows += rows
        self.write_part("subscription_events", rows)
        self._write("customers", ("customer_id", "country"), self.customers.items())
        rates = [(day, currency, rate) for (currency, day), rate in self.rates.items()]
        self._write("exchange_rates", ("rate_date", "currency", "rate_to_reporting"), rates)
        self.loads += 1

    def write_part(self, table: str, rows: list[dict[str, str | None]], part: int | None = None) -> None:
        """Write the rows as a Parquet part: that of this load, or another in the place of an earlier one."""
        file = self.folder / table / f"part-{self.loads if part is None else part:03d}.parquet"
        file.parent.mkdir(exist_ok=True)
        names = list(rows[0] if rows else EVENT_COLUMNS)
        with duckdb.connect() as connection:
            connection.execute(f"create table part ({', '.join(f'{name} varchar' for name in names)})")
            if rows:
                marks = ", ".join("?" * len(names))
                connection.executemany(f"insert into part values ({marks})", [list(row.values()) for row in rows])
            connection.execute(f"copy part to '{file}'")

    def other_row(self, table: str, *, days_back: float) -> dict[str, str | None]:
        """A new row of one of OTHER_TABLES, of a customer that other tables may not know."""
        draw, (own_id, own_time, says) = self.draw_others, OTHER_TABLES[table]
        happened = self.now - timedelta(seconds=draw.randrange(int(days_back * 86400)))
        row = {own_id: f"{table} {draw.randrange(10**9)}"} if own_id else {}
        row |= {"customer_id": f"c{draw.randrange(14)}"}
        row |= {own_time: str(happened.date() if own_time == "used_on" else happened.replace(microsecond=0))}
        row |= {column: draw.choice(values) for column, values in says.items()}
        return row | {"loaded_at": draw.choice([str(self.now), None])}

    def load_others(self, *, new: int, days_back: float) -> None:
        """Write one more part of some of OTHER_TABLES: new and late rows, rows once more, corrected or broken; and now
        and then other rows in the place of an earlier part."""
        draw = self.draw_others
        for table, (own_id, own_time, says) in OTHER_TABLES.items():
            parts = self.others.setdefault(table, {})
            if parts and draw.random() < 0.4:
                continue
            rows = [self.other_row(table, days_back=days_back) for _ in range(new)]
            known = [row for part in parts.values() for row in part]
            if known:
                rows += [self.other_row(table, days_back=90), dict(draw.choice(known))]
                corrected = {**draw.choice(known), "loaded_at": str(self.now + timedelta(days=draw.choice([-9, 0])))}
                column = draw.choice(list(says))
                rows.append({**corrected, column: draw.choice([*says[column], None])})
                rows.append({**self.other_row(table, days_back=1), own_time: draw.choice(["soon", None])})
                if own_id:
                    rows.append({**draw.choice(known), own_id: None})
            if parts and draw.random() < 0.15:
                replaced = draw.choice(list(parts))
                parts[replaced] = parts[replaced][1:] or rows
                self.write_part(table, parts[replaced], replaced)
            parts[self.loads] = rows
            self.write_part(table, rows)
        if draw.random() < 0.2:
            self.customers[f"c{draw.randrange(12, 16)}"] = "FR"
        if draw.random() < 0.2:  # the first of its currency: amounts of before wait no longer
            self.rates["GBP", str((self.now - timedelta(days=draw.choice([2, 60]))).date())] = "1.3"

    def load_who_is_erased(self) -> None:
        """Rows of ERASED in every table."""
        ids = {"customer_id": ERASED, "subscription_id": "of gone", "loaded_at": None}
        start = {"event_id": "gone 1", "event_type": "started", "occurred_at": "2023-11-05", "amount": "10"}
        self.write_part("subscription_events", [dict.fromkeys(EVENT_COLUMNS) | ids | start], 999)
        for table, (own_id, own_time, _) in OTHER_TABLES.items():
            row = self.other_row(table, days_back=90) | {"customer_id": ERASED, own_time: "2023-12-05"}
            row |= {name: value for name, value in {own_id: "gone 1", "currency": None}.items() if name in row}
            self.write_part(table, [row], 999)

    def _write(self, table: str, header, rows) -> None:
        """Write a table, but leave a file alone that already says so: an increment does not read it again."""
        text = io.StringIO()
        csv.writer(text).writerows([header, *rows])
        file = self.folder / f"{table}.csv"
        if not file.exists() or file.read_bytes().decode() != text.getvalue():
            file.write_bytes(text.getvalue().encode())

    def next_load(self) -> None:
        """A day later: a few new events, and some of the things that make increments hard."""
        draw = self.draw
        self.now += timedelta(days=draw.choice([1, 1, 3, 40]))
        rows = [self.event(days_back=1) for _ in range(draw.randrange(6))]
        rows += [self.event(days_back=90) for _ in range(draw.randrange(3))]
        for _ in range(draw.randrange(3)):
            old = draw.choice(self.rows)
            rows.append(dict(old))  # the same row once more
            changed = {**draw.choice(self.rows), "loaded_at": str(self.now)}
            changed[draw.choice(["amount", "plan_id", "product_id", "event_type"])] = draw.choice(
                ["renewed", "30", "cancelled"]
            )
            rows.append(changed)
        if draw.random() < 0.4:
            moved = {**draw.choice(self.rows), "loaded_at": str(self.now)}
            rows.append({**moved, "subscription_id": f"s{draw.randrange(15)}", "customer_id": f"c{draw.randrange(12)}"})
        if draw.random() < 0.4:
            rows.append({**self.event(days_back=1), "occurred_at": str(self.now + timedelta(days=60))})
        if draw.random() < 0.4:
            rows.append({**self.event(days_back=1), "event_id": draw.choice([None, "e1"]), "occurred_at": "soon"})
        if draw.random() < 0.5:
            self.customers[f"c{draw.randrange(12)}"] = draw.choice(["DE", "US", "FR"])
        if draw.random() < 0.2:
            self.customers.pop(draw.choice(list(self.customers)))
        if draw.random() < 0.4:
            self.rates["EUR", str((self.now + timedelta(days=70)).date())] = str(round(draw.uniform(1, 1.3), 3))
        if draw.random() < 0.2:
            self.rates["EUR", str((self.now - timedelta(days=20)).date())] = "1.05"
        if draw.random() < 0.4:
            self.settings["as_of"] = str((self.now + timedelta(days=draw.choice([-30, -2, 0, 61]))).date())
        if draw.random() < 0.1:
            self.settings["reporting_timezone"] = draw.choice(["Asia/Tokyo", "America/New_York"])
        if draw.random() < 0.1:
            self.settings["switch_grace_minutes"] = draw.choice([0, 10, 2880])
        if draw.random() < 0.15:
            self.change_a_seed()
        self.load_others(new=self.draw_others.randrange(3), days_back=1)
        self.load(rows)

    def change_a_seed(self) -> None:
        """Give every reason for churn the category of the one after it."""
        with self.churn_reasons.open(encoding="utf-8", newline="") as file:
            reasons = list(csv.DictReader(file))
        categories = [reason["reason_category"] for reason in reasons]
        for reason, category in zip(reasons, [*categories[1:], categories[0]], strict=True):
            reason["reason_category"] = category
        with self.churn_reasons.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, reasons[0])
            writer.writeheader()
            writer.writerows(reasons)


def published_file(warehouse: Path) -> Path:
    return warehouse.parent / "published" / "marts.duckdb"


def publish_build(warehouse: Path) -> None:
    """What `make build` does when dbt has ended."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (invocation_id,) = connection.execute("select invocation_id from raw.last_build").fetchone()
    run = DbtRun(invocation_id, ("fct_segment_periods",), built=1, passed_tests=0, problems=())
    publish(run, warehouse, published_file(warehouse), versions_kept=1)


@contextlib.contextmanager
def project_of_what_is_watched() -> Iterator[None]:
    """Take out of the parsed project what increments do not grow and nobody looks at: half of a build's work.

    The other marts are made anew by each build from what is looked at, whether that was added to or not.
    """
    needed = {step.name for step in harness.steps_for([*WATCHED, *(table.split(".")[1] for table in GROWN)], {})}
    go_on = Manifest.build_flat_graph

    def take_out(manifest: Manifest) -> None:
        taken = [
            name
            for name, node in manifest.nodes.items()
            if node.resource_type in ("test", "analysis") or (node.resource_type == "model" and node.name not in needed)
        ]
        for name in taken:
            del manifest.nodes[name]
        for others in ("unit_tests", "exposures", "saved_queries", "metrics", "semantic_models"):
            getattr(manifest, others).clear()
        go_on(manifest)

    with mock.patch.object(Manifest, "build_flat_graph", take_out):
        yield


def dbt_build(
    business: Business,
    warehouse: Path,
    monkeypatch: pytest.MonkeyPatch,
    *further: str,
    callbacks: Sequence[Callable] = (),
    fails: bool = False,
    every_mart: bool = False,
) -> tuple[bool, str]:
    """Build on the warehouse; whether it was an increment, and why or why not."""
    models = contextlib.nullcontext() if every_mart else project_of_what_is_watched()
    monkeypatch.setenv("RAW_DATA_DIR", str(business.folder))
    monkeypatch.setenv("WAREHOUSE_PATH", str(warehouse))
    monkeypatch.setenv("PUBLISHED_PATH", str(published_file(warehouse)))
    project = ["--project-dir", str(harness.PROJECT), "--profiles-dir", str(harness.PROJECT)]
    arguments = [
        "--quiet",
        "--no-write-json",
        "--log-level-file",
        "none",
        "build",
        *project,
        "--target-path",
        str(warehouse.parent / "target"),
        "--vars",
    ]
    arguments += [json.dumps(business.settings), "--exclude-resource-types", "test", "unit_test", *further]
    shared.parsed_project(warehouse.parent / "target", warehouse)
    quick_dbt.quicken()
    try:
        with harness.parsed_once(business.settings), models:
            assert dbtRunner(callbacks=list(callbacks)).invoke(arguments).success is not fails
    finally:
        DuckDBConnectionManager.close_all_connections()  # dbt would keep the file for the whole process
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("select is_increment, because from raw.build_plan").fetchone()


def differences(business: Business, warehouse: Path, *, every_mart: bool = False) -> list[str]:
    """Tables whose rows are not those of a full build."""
    erasures = Erasures.beside(warehouse)
    with duckdb.connect() as connection:
        all_marts = [step.name for step in harness.compiled_steps("{}") if step.schema == "marts"]
        marts = all_marts if every_mart else [*WATCHED]
        marts.remove("rpt_restatements")  # compares with the build before: see check_restatements()
        grown = [table.split(".")[1] for table in GROWN]
        harness.build_on(connection, business.folder, [*marts, *grown], business.settings, erasures)
        connection.execute(f"attach '{warehouse}' as grown (read_only)")
        found = []
        for table in [*GROWN, *(f"marts.{mart}" for mart in marts)]:
            ours, full = f"grown.{table}", f"{harness.DATABASE}.{table}"
            columns = ", ".join(row[0] for row in connection.execute(f"describe {full}").fetchall())
            rows = connection.execute(
                f"(select 'only in the increment', {columns} from {ours} except all select 'only in the increment', "
                f"{columns} from {full}) union all (select 'only in the full build', {columns} from {full} "
                f"except all select 'only in the full build', {columns} from {ours}) limit 3"
            ).fetchall()
            found += [f"{table}: {row}" for row in rows]
        return found


def report(warehouse: Path) -> list[dict]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute("select * from marts.fct_segment_periods").to_arrow_table().to_pylist()


def check_restatements(business: Business, warehouse: Path, before: list[dict], loaded: set[str]) -> int:
    """The restatements are what the two reports differ in, and name the load's events. Returns their number."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select period_grain, period_start, segment_type, segment_value, metric, old_value, new_value "
            "from marts.rpt_restatements"
        ).fetchall()
        (is_increment,) = connection.execute("select is_increment from raw.build_plan").fetchone()
        explained = connection.execute(
            "select distinct period_start, event_count, event_ids from marts.rpt_restatements "
            "where period_grain = 'day' and segment_type = 'all'"
        ).fetchall()
        if is_increment and business.settings.get("reporting_timezone") is None:
            happened = connection.execute(
                "select cast(occurred_at as date), event_id from staging.stg_billing__subscription_events"
            ).fetchall()
            for day, event_count, event_ids in explained:
                of_day = {event for on, event in happened if on == day and event in loaded}
                assert event_count == len(of_day) and set((event_ids or "").split(", ")) - {""} <= of_day
    assert len(found) == len(set(found))
    assert set(found) == restatements_oracle.restatements(before, report(warehouse))
    return len(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_load_gives_the_tables_of_a_full_build(
    seed: int, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", seed, project), tmp_path / shared.WAREHOUSE
    business.settings["largest_segment_values"] = 2  # of three plans and up to four countries
    business.load_who_is_erased()
    business.load_others(new=30, days_back=400)
    business.load([business.event(days_back=400) for _ in range(120)])
    business.settings["switch_grace_minutes"] = 2880  # two days: a load has events within it
    plans, restated, compared = [dbt_build(business, warehouse, monkeypatch)], 0, []
    for number in range(LOADS):
        # all that is made from what grew, at the first load and the last
        marts = {"every_mart": number in (0, LOADS - 1)}
        if number == LOADS - 1:
            _, problems = erase(ERASED, warehouse, published_file(warehouse), Erasures.beside(warehouse))
            assert not problems
        before, rows_before = report(warehouse), len(business.rows)
        business.next_load()
        plans.append(dbt_build(business, warehouse, monkeypatch, **marts))
        loaded = {row["event_id"] for row in business.rows[rows_before:]}
        restated += check_restatements(business, warehouse, before, loaded)
        found = differences(business, warehouse, **marts)
        assert not found, f"after {plans[-1]}:\n" + "\n".join(found)
        compared += [plans[-1][0]] if marts["every_mart"] else []
    assert sum(is_increment for is_increment, _ in plans) >= max(2, LOADS // 3), plans
    assert any(compared), f"every mart was compared after full builds only: {plans}"
    assert restated


def test_what_cannot_be_added_to_is_built_in_full(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE
    waiting = {**business.event(days_back=1), "event_type": "started", "occurred_at": "2024-04-01 00:00:00"}
    waiting |= {"customer_id": "waiting", "subscription_id": "waiting"}
    business.load([*(business.event(days_back=400) for _ in range(40)), waiting])
    business.settings["as_of"] = "2024-03-31"

    def build(*further: str) -> tuple[bool, str]:
        return dbt_build(business, warehouse, monkeypatch, *further)

    assert build() == (False, "there is no complete build to add to")
    business.settings["as_of"] = waiting["occurred_at"]  # exactly: it is seen from here on
    assert build() == (True, "no new file")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        (seen,) = connection.execute(
            "select max(current_status) from marts.dim_customers where customer_id = 'waiting'"
        ).fetchone()
    assert seen == "active"
    assert build("--full-refresh") == (False, "--full-refresh asks for it")
    business.rates["EUR", "2023-06-01"] = "1.2"
    business.load([])
    assert build() == (False, "exchange rates of past days changed")
    # the warehouse of another version of the project, which wrote other things down, or no number of what they mean
    for change in ("update raw.last_build set format = -1", "alter table raw.last_build drop column format"):
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(f"{change}; update raw.last_build set state = 'a text', rates_until = '2024-01-01'")
        assert build() == (False, "there is no complete build to add to")
    business.change_a_seed()
    assert build() == (False, "the code of the project's models, macros or seeds changed, or a tool")
    business.settings["reporting_timezone"] = "Asia/Tokyo"
    assert build() == (False, "the setting reporting_timezone changed")
    # a mart by itself is made from what is stored, and the next build goes on as if nothing had happened
    business.load([{**waiting, "event_id": "late", "subscription_id": "late"}])
    build("--select", "dim_subscriptions")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("from marts.dim_subscriptions where subscription_id = 'late'").fetchall() == []
    assert build() == (True, "1 new file of subscription_events")
    because = "only some of the models that the marts are made from were selected"
    assert build("--select", "stg_billing__subscription_events") == (False, because)
    assert build() == (False, "there is no complete build to add to")
    (business.folder / "subscription_events" / "part-001.parquet").unlink()
    assert build() == (False, "part-001.parquet is gone")
    (business.folder / "subscription_events" / "part-000.parquet").touch()  # the same rows
    assert dbt_build(business, warehouse, monkeypatch) == (True, "no new file")
    assert not differences(business, warehouse)


def test_another_largest_value_takes_its_place_in_an_increment(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE
    business.settings["largest_segment_values"] = 1

    def starts(*customers: str) -> list[dict[str, str | None]]:
        """Of each customer, whose plan is its first letter."""
        day = {"event_type": "started", "occurred_at": "2024-01-05", "amount": "10", "currency": None}
        return [
            {**business.event(days_back=1), **day, "customer_id": name, "subscription_id": name, "plan_id": name[0]}
            for name in customers
        ]

    def days_of(segment_type: str) -> dict[str, set[int]]:
        """The plans that days are told apart by, with the customers at the end of each day."""
        found: dict[str, set[int]] = {}
        for row in report(warehouse):
            if (row["period_grain"], row["segment_type"]) == ("day", segment_type):
                found.setdefault(row["segment_value"], set()).add(row["customers_end"])
        return found

    later = {**starts("z1")[0], "occurred_at": "2024-01-08"}
    business.load([*starts("a1", "a2", "b1", "c1"), later])
    assert dbt_build(business, warehouse, monkeypatch)[0] is False
    assert days_of("plan") == {"a": {2}, "(other)": {2, 3}}
    before, late = report(warehouse), starts("b2", "b3")
    business.load(late)
    assert dbt_build(business, warehouse, monkeypatch)[0] is True
    assert days_of("plan") == {"b": {3}, "(other)": {3, 4}}
    assert not differences(business, warehouse)
    # nothing happened to plan a, and b has months to say what did
    assert check_restatements(business, warehouse, before, {row["event_id"] for row in late})
    business.settings["largest_segment_values"] = 2
    assert dbt_build(business, warehouse, monkeypatch)[0] is True
    assert days_of("plan") == {"a": {2}, "b": {3}, "(other)": {1, 2}}
    assert not differences(business, warehouse)


def test_other_attributes_of_a_customer_who_left_count_in_all_periods(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE
    one = business.event(days_back=1) | {"customer_id": "c1", "subscription_id": "s1", "loaded_at": None}
    started = {**one, "event_id": "a", "event_type": "started", "occurred_at": "2024-01-05 10:00:00"}
    ended = {**one, "event_id": "b", "event_type": "cancelled", "occurred_at": "2024-01-25 10:00:00"}
    other = {**started, "event_id": "c", "customer_id": "c2", "subscription_id": "s2"}
    business.load([started, ended, other])
    dbt_build(business, warehouse, monkeypatch)
    business.customers["c1"] = "FR"
    business.load([{**other, "event_id": "d", "event_type": "renewed", "occurred_at": "2024-02-05 10:00:00"}])
    read = "1 new file of subscription_events, all of customers"
    assert dbt_build(business, warehouse, monkeypatch) == (True, read)
    assert not differences(business, warehouse)


def test_the_first_time_of_day_is_about_every_subscription(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE

    def day(kind: str, on: str, subscription: str) -> dict[str, str | None]:
        ids = {"customer_id": subscription, "subscription_id": subscription, "event_type": kind}
        return {**business.event(days_back=1), **ids, "occurred_at": on, "loaded_at": None}

    def losses_of_a_day(is_increment: bool) -> int:
        assert dbt_build(business, warehouse, monkeypatch)[0] is is_increment
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            counted = "select count(*) from marts.fct_churn_events where customer_id = 'here' and tenure_days = 0"
            return connection.execute(counted).fetchone()[0]

    business.load([day("started", "2024-01-05", "here"), day("cancelled", "2024-01-05", "here")])
    assert losses_of_a_day(is_increment=False) == 1
    at_ten = day("started", "2024-02-01 10:00:00", "other")
    business.load([at_ten])
    assert losses_of_a_day(is_increment=True) == 0
    assert not differences(business, warehouse)
    business.load([{**at_ten, "occurred_at": "2024-02-01", "loaded_at": "2024-03-01"}])
    assert losses_of_a_day(is_increment=True) == 1
    assert not differences(business, warehouse)


def test_a_start_is_about_the_other_subscriptions_of_its_customer(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE
    business.settings = {"switch_grace_minutes": 10, "as_of": "2024-03-01"}

    def happened(kind: str, at: str, customer: str, subscription: str) -> dict[str, str | None]:
        ids = {"customer_id": customer, "subscription_id": subscription, "event_type": kind}
        return {**business.event(days_back=1), **ids, "occurred_at": at, "loaded_at": None}

    def losses() -> list[tuple[str, str]]:
        assert dbt_build(business, warehouse, monkeypatch)[0] is (business.loads > 1)
        assert not differences(business, warehouse)
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            query = "select customer_id, cast(churned_at as text) from marts.fct_churn_events order by all"
            return connection.execute(query).fetchall()

    at_ten = ("mover", "2024-02-01 10:00:00")
    business.load([happened("started", "2024-01-05", "mover", "old"), happened("cancelled", at_ten[1], "mover", "old")])
    assert losses() == [at_ten]
    start = happened("started", "2024-02-01 10:05:00", "mover", "new")
    business.load([start])
    assert losses() == []
    business.settings["as_of"] = "2024-02-01 10:04:00"
    assert losses() == [at_ten]
    business.settings["as_of"] = "2024-03-01"
    assert losses() == []
    # the start was another customer's
    business.load([{**start, "customer_id": "other", "loaded_at": "2024-03-01"}])
    assert losses() == [at_ten]
    business.settings["switch_grace_minutes"] = 0
    build = dbt_build(business, warehouse, monkeypatch)
    assert build == (False, "the setting switch_grace_minutes changed")


def test_what_was_read_is_told_from_what_came_in_its_place(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE
    business.load([business.event(days_back=400) for _ in range(40)])
    events, nothing_new = business.folder / "subscription_events", (True, "no new file")

    def build(*further: str, **how) -> tuple[bool, str]:
        return dbt_build(business, warehouse, monkeypatch, *further, **how)

    def rate_quarantined() -> int:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            counted = "select count(*) from marts.rpt_quarantine where reason = 'no_exchange_rate'"
            return connection.execute(counted).fetchone()[0]

    # a build that read nothing, or a part, is none to add to
    assert build("--empty") == (False, "--empty leaves rows out")
    assert build("--sample", "1 day") == (False, "--sample leaves rows out")
    assert build() == (False, "there is no complete build to add to")
    publish_build(warehouse)
    published = report(warehouse)

    # a row waits for a rate, later than every accepted one
    late = {**business.event(days_back=1), "occurred_at": "2024-05-10", "event_type": "started", "currency": "GBP"}
    start = {**business.event(days_back=1), "occurred_at": "2023-09-10", "event_type": "started", "loaded_at": None}
    start |= {"customer_id": "c99", "subscription_id": "s99", "amount": "10", "currency": None}
    business.load([{**late, "amount": "10", "billing_interval": None}, start])
    assert (build(), rate_quarantined()) == ((True, "1 new file of subscription_events"), 1)
    business.rates["GBP", "2024-05-11"] = business.rates["JPY", "2023-01-01"] = "1.3"  # too late for it; nobody's
    business.load([])
    assert (build(), rate_quarantined()) == ((True, "1 new file of subscription_events, all of exchange_rates"), 1)
    # nothing was published since: the start is still news
    assert check_restatements(business, warehouse, published, {start["event_id"]})
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        named = "select distinct event_ids from marts.rpt_restatements where period_grain = 'day' and cause = 'events'"
        assert connection.execute(named).fetchall() == [(start["event_id"],)]
    business.rates["GBP", "2024-05-05"] = "1.3"
    business.load([])
    assert (build(), rate_quarantined()) == ((False, "exchange rates of past days changed"), 0)

    # a part of other rows, of the same size and time
    part, moved = events / "part-001.parquet", tmp_path / "moved.parquet"
    before = part.stat()
    duckdb.execute(f"copy (select * replace ('11' as amount) from '{part}') to '{moved}'")
    moved.replace(part)
    os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (part.stat().st_size, part.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert build() == (False, "part-001.parquet is not what it was")
    assert not differences(business, warehouse)

    # another file while a build reads: it has seen both, so nothing can be added to it
    rates, replaced = business.folder / "exchange_rates.parquet", []
    duckdb.execute(f"copy (from '{business.folder / 'exchange_rates.csv'}') to '{rates}'")

    def replace_rates(event) -> None:
        if event.info.name == "LogModelResult" and event.data.node_info.node_name == "int_customer_changes":
            duckdb.execute(f"copy (select * replace (2 as rate_to_reporting) from '{rates}') to '{moved}'")
            replaced.append(moved.replace(rates))

    assert build(callbacks=[replace_rates], fails=True) == (True, "all of exchange_rates") and replaced
    assert build() == (False, "there is no complete build to add to")
    assert check_restatements(business, warehouse, published, set())
    publish_build(warehouse)
    published = report(warehouse)
    assert build() == nothing_new
    assert not check_restatements(business, warehouse, published, set())
    assert not differences(business, warehouse)


@pytest.mark.parametrize(
    ("name", "before", "same", "other"),
    [
        ("m.sql", "select 1 -- one", "{# why #}\n-- one\nselect 1 -- one\n\n", "select 1 -- two"),
        ("m.sql", "select '\n-- a'", "-- b\nselect '\n-- a'", "select '\n-- b'"),
        ("m.sql", "-- depends_on: {{ ref('a') }}", "{# b #}-- depends_on: {{ ref('a') }}", "-- b"),
        ("m.yml", "models: [{name: a, description: b}]", "models: [{name: a}]", "models: [{name: a, config: {x: 1}}]"),
        ("m.yml", "models: [{name: a}]", "models: [{name: a, tags: [weekly]}]", "models: [{name: b}]"),
        ("m.py", "x = 1", "x = 1  # one", "x = 2"),
        ("m.md", "a", "b", None),
        ("m.csv", "a,b", "a,b", "a,c"),
        ("m.py", "x = ", "x = ", "y = "),
    ],
)
def test_what_is_only_said_is_no_other_code(
    tmp_path: Path, name: str, before: str, same: str, other: str | None
) -> None:
    def code(text: str) -> bytes:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return fingerprint.code_of(tmp_path / name)

    assert code(before) == code(same)
    assert other is None or code(before) != code(other)


def test_a_file_is_told_by_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "part.parquet"
    file.write_bytes(b"one")
    first = file_states([file])[str(file)]
    touched = file.stat().st_mtime_ns + 5_000_000_000
    os.utime(file, ns=(touched, touched))
    assert has_changed(str(file), first)
    assert file_states([file], {str(file): first}, time.time_ns())[str(file)][-1] == first[-1]
    (tmp_path / "other").write_bytes(b"two")
    (tmp_path / "other").replace(file)
    os.utime(file, ns=(first[1], first[1]))
    second = file_states([file], {str(file): first}, time.time_ns() + 10**12)[str(file)]
    assert second[:2] == first[:2] and second[-1] != first[-1]
    # what was written just before it was looked at may have been written again since, and looks the same
    unsettled = [*second[:4], "read too early"]
    assert file_states([file], {str(file): unsettled}, second[2])[str(file)] == second
    assert file_states([file], {str(file): unsettled}, second[2] + 2 * SETTLED_NS)[str(file)] == unsettled
    file.unlink()
    assert has_changed(str(file), second)


@pytest.mark.parametrize(
    ("known", "because"),
    [
        ({}, ""),
        ({"full_refresh": True}, "--full-refresh asks for it"),
        ({"partial_option": "--sample"}, "--sample leaves rows out"),
        ({"all_selected": False}, "only some of the models that the marts are made from were selected"),
        ({"rates_changed": True}, "exchange rates of past days changed"),
        ({"last_lifecycle": "activity"}, "customers come and go by orders or use, which are read whole"),
        ({"settings": {"known_at": "2024-01-01"}}, "the setting known_at changed"),
        ({"settings": {}}, "the setting known_at changed"),
        ({"settings": {"known_at": "", "a new one": "x"}}, "the setting a new one changed"),
        ({"last_state": None}, "there is no complete build to add to"),
    ],
)
def test_the_reason_for_a_full_build(tmp_path: Path, project: Path, known: dict, because: str) -> None:
    business = Business(tmp_path / "landing", 0, project)
    business.load([business.event(days_back=400)])
    landed = inspect_folder(business.folder)
    last = increments.plan_build(landed, increments.BuildFacts({"known_at": ""}, None)).state
    plan = increments.plan_build(
        landed, increments.BuildFacts(**{"settings": {"known_at": ""}, "last_state": last, **known})
    )
    assert plan.because == (because or "no new file")
    assert plan.is_increment is not bool(because)
    assert set(plan.reads.values()) == {"all" if because else "none"}


def test_parts_are_unreported_until_their_bytes_were_reported(tmp_path: Path, project: Path) -> None:
    business = Business(tmp_path / "landing", 0, project)
    business.load([business.event(days_back=400)])

    def plan(reported: list[str] | None) -> increments.BuildPlan:
        facts = increments.BuildFacts({}, None, reported_files=reported)
        return increments.plan_build(inspect_folder(business.folder), facts)

    first = plan(None)
    assert first.unreported == ()
    reported = [state[-1] for state in first.state["files"]["subscription_events"].values()]
    business.load([business.event(days_back=400)])
    events = business.folder / "subscription_events"
    assert plan(reported).unreported == (events / "part-001.parquet",)
    (events / "part-000.parquet").rename(events / "moved.parquet")
    assert plan(reported).unreported == (events / "part-001.parquet",)
    (events / "moved.parquet").unlink()  # old rows may now lie in the other one
    assert plan(reported).unreported == ()


def test_what_grows_is_looked_at() -> None:
    """A model that keeps rows of the last build."""
    nodes = harness.manifest()["nodes"].values()
    assert {node["name"] for node in nodes if node["config"].get("materialized") == "incremental"} <= {
        table.split(".")[1] for table in GROWN
    }


def test_every_setting_is_compared_or_reaches_no_stored_table() -> None:
    """A new one must be thought about: its rule says `is_stored: false` where no stored table follows from it."""
    rules = yaml.safe_load((harness.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["setting_rules"]
    not_stored = {name for name, rule in rules.items() if not rule.get("is_stored", True)}
    of_analyses = {name for name in rules if name.startswith("asked_")}
    of_reports = {"as_of", "largest_segment_values", "largest_cell_values", "gross_margin", "annual_discount_rate"}
    of_reports |= {"health_months", "tasks_per_owner_and_day"}
    assert not_stored == of_reports | of_analyses


def test_customers_who_come_and_go_by_orders_are_built_in_full(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    business, warehouse = Business(tmp_path / "landing", 0, project), tmp_path / shared.WAREHOUSE
    orders = [("o1", "c1", "2024-01-05", "10"), ("o2", "c2", "2024-01-20", "10")]

    def build() -> tuple[bool, str]:
        business._write("orders", ("order_id", "customer_id", "ordered_at", "amount"), orders)
        business.load([])
        return dbt_build(business, warehouse, monkeypatch)

    build()
    orders += [("o3", "c1", "2024-08-01", "10"), ("o4", "c3", "2024-08-02", "10")]
    assert build() == (False, "customers come and go by orders or use, which are read whole")
    assert not differences(business, warehouse)
    business.load([business.event(days_back=400)])
    assert build()[0] is False, "now subscriptions make customers, and those of the orders must go"
    assert not differences(business, warehouse)


def test_what_is_read_of_a_table_follows_from_its_files(tmp_path: Path, project: Path) -> None:
    business = Business(tmp_path / "landing", 0, project)

    def read(last_state: dict | None, **facts: bool) -> dict[str, str]:
        """What an increment reads of these tables."""
        landed = inspect_folder(business.folder)
        plan = increments.plan_build(landed, increments.BuildFacts({}, last_state, **facts))
        states.append(plan.state)
        tables = ("subscription_events", "customers", "orders", "support_tickets")
        return {table: plan.reads[table] for table in tables if plan.reads[table] != "none"}

    states, order = [], {"order_id": "1", "customer_id": "c1", "ordered_at": "2024-01-01", "amount": "1"}
    business.write_part("orders", [order])
    business.load([business.event(days_back=400)])
    assert set(read(None).values()) == {"all"}
    assert read(states[0]) == {}
    # an order that waits for a rate may wait no longer; a customer has no amount
    assert read(states[0], first_rates_changed=True) == {"orders": "all"}
    business.write_part("orders", [{**order, "order_id": "2"}])
    business.load([business.event(days_back=400)])
    business.customers["c99"] = "FR"
    business.load([])
    assert read(states[0]) == {"subscription_events": "new", "customers": "all", "orders": "new"}
    business.write_part("orders", [{**order, "amount": "2"}], part=0)
    assert read(states[-1]) == {"orders": "all"}
    (business.folder / "orders" / "part-000.parquet").unlink()
    assert read(states[-1]) == {"orders": "all"}
    ticket = "select 2 as ticket_id, 'c1' as customer_id, '2024' as opened_at"
    duckdb.execute(f"copy ({ticket}) to '{business.folder / 'support_tickets.parquet'}'")
    assert read(states[-2]) == {"orders": "all", "support_tickets": "all"}
