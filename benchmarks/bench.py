"""`make bench`: what a build costs, beside the least that must be done and a month spine, and what a day's events cost.

Every round runs all of it in turn, each in a process of its own, and a ratio is formed within its round: what else the
machine does then slows both sides. Judge by CPU ratios at a million customers or more: below, fixed costs rule.

    limit        benchmarks/limit.sql: one read, one sort, one window pass over the same files
    month spine  benchmarks/peer.sql: monthly movements as playbooks publish them, nothing else
    full build   dbt build without tests, into a new warehouse, of what events and customers alone give: the models of
                 the selector churn_and_mrr, in a copy of the project that has no others
    increment    the same command again after one more part with 0.1% new events
    all marts    full build and increment of the whole project: cohorts, lifetimes, playbooks ... too
    fixed cost   the same builds of a hundred customers: dbt's import, parse and compile, and (a twentieth) the reports'
                 rows, as many as periods and segments. Engine CPU is CPU without the fixed cost.

Usage: make bench [CUSTOMERS="200000 1000000"] [ROUNDS=3]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parents[1]
BENCHMARKS = PROJECT / "benchmarks"
RESULTS = BENCHMARKS / "results"
TINY_CUSTOMERS = 100
STARTED = time.monotonic()

# What a round measures, by the key in the saved results and the name in the table.
STEPS = {
    "limit": "limit",
    "peer": "month spine",
    "fixed": "fixed cost",
    "full": "full build",
    "fixed_again": "fixed cost, again",
    "increment": "increment",
    "all_fixed": "all marts: fixed cost",
    "all_full": "all marts: full build",
    "all_fixed_again": "all marts: fixed, again",
    "all_increment": "all marts: increment",
}
# The part of a build's cost that does not depend on the customers.
FIXED_COST_OF = {
    "full": "fixed",
    "increment": "fixed_again",
    "all_full": "all_fixed",
    "all_increment": "all_fixed_again",
}
RATIOS = {
    "ratio_to_limit": "full build / limit, engine CPU",
    "wall_ratio_to_limit": "full build / limit, wall time of the SQL",
    "ratio_to_peer": "month spine / full build, engine CPU",
    "increment_ratio": "increment / full build, engine CPU",
    "increment_to_limit": "increment / limit, engine CPU",
    "all_marts_to_limit": "all marts: full build / limit, engine CPU",
    "all_increment_ratio": "all marts: increment / full build, engine CPU",
    "all_marts_increment_to_limit": "all marts: increment / limit, engine CPU",
}
SELECTOR = "churn_and_mrr"


def union_length(intervals: Iterable[tuple[float, float]]) -> float:
    """Length of the union of intervals (start, end), in their unit: time in which at least one of them ran."""
    length, reached = 0.0, -math.inf
    for start, end in sorted(intervals):
        length += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return length


def ratio(numerator: float, denominator: float) -> float | None:
    """The quotient; None where the denominator is not positive, as engine CPU may be when there is hardly any work."""
    return numerator / denominator if denominator > 0 else None


def scaling_exponent(points: Sequence[tuple[float, float]]) -> float | None:
    """Slope of log cost on log size (least squares): 1 = twice the events cost twice as much.

    Args:
        points: (events, engine CPU seconds) of each size.

    Returns:
        None for fewer than two sizes, or where a cost is not positive.
    """
    if len({events for events, _ in points}) < 2 or min(cost for _, cost in points) <= 0:
        return None
    events, costs = zip(*points, strict=True)
    return statistics.linear_regression([math.log(x) for x in events], [math.log(y) for y in costs]).slope


def spread(values: Iterable[float | None]) -> dict[str, float | None]:
    """{median, min, max} of the values that there are; None when there are none."""
    known = [value for value in values if value is not None]
    if not known:
        return {"median": None, "min": None, "max": None}
    return {"median": statistics.median(known), "min": min(known), "max": max(known)}


def engine_cpu(measured: dict[str, dict], step: str) -> float:
    """CPU seconds of one step of a round, without its fixed cost. `measured` is what `measure_round` returns."""
    fixed = measured[FIXED_COST_OF[step]]["cpu_seconds"] if step in FIXED_COST_OF else 0.0
    return measured[step]["cpu_seconds"] - fixed


def ratios(measured: dict[str, dict]) -> dict[str, float | None]:
    """The RATIOS of one round. `measured` is what `measure_round` returns."""
    full, increment = engine_cpu(measured, "full"), engine_cpu(measured, "increment")
    all_full, all_increment = engine_cpu(measured, "all_full"), engine_cpu(measured, "all_increment")
    limit = engine_cpu(measured, "limit")
    return {
        "ratio_to_limit": ratio(full, limit),
        "wall_ratio_to_limit": ratio(measured["full"]["sql_seconds"], measured["limit"]["wall_seconds"]),
        "ratio_to_peer": ratio(engine_cpu(measured, "peer"), full),
        "increment_ratio": ratio(increment, full),
        "increment_to_limit": ratio(increment, limit),
        "all_marts_to_limit": ratio(all_full, limit),
        "all_increment_ratio": ratio(all_increment, all_full),
        "all_marts_increment_to_limit": ratio(all_increment, limit),
    }


def say(text: str) -> None:
    """Print a line of progress with the seconds since the start."""
    print(f"{time.monotonic() - STARTED:6.0f} s  {text}", flush=True)


def run(*command: object, project: Path = PROJECT, **environment: object) -> tuple[dict[str, float], str]:
    """Run a Python command from a project's root, with variables added to the environment, and measure it.

    This process must stay small: the system counts what it holds when it starts a child as the child's peak memory.

    Returns:
        {wall_seconds, cpu_seconds (user and system), peak_memory_bytes} of the process with all that it started, and
        its standard output.

    Raises:
        RuntimeError: the command failed; with all that it printed.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=project,
            env=os.environ | {name: str(value) for name, value in environment.items()},
            stdout=output,
            stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        for file in (output, errors):
            file.seek(0)
        printed = output.read()
        if process.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{printed}{errors.read()}")
    return {
        "wall_seconds": wall_seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_memory_bytes": usage.ru_maxrss * (1024 if sys.platform == "linux" else 1),
    }, printed


def rows_stored(database: Path) -> int:
    """Rows of all tables of a DuckDB file."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return int(connection.execute("select sum(estimated_size) from duckdb_tables()").fetchone()[0])


def selected_project(folder: Path) -> Path:
    """Copy the project to a folder, without the models outside SELECTOR and without tests: `dbt build` there makes the
    selected models, and adds to them, as it does all of them here."""
    _, printed = run(
        "-m", "dbt.cli.main", "--quiet", "ls", "--selector", SELECTOR, "--resource-type", "model", "--output", "name",
        "--target-path", folder / "target", "--log-path", folder / "logs", WAREHOUSE_PATH=folder / "none.duckdb",
    )  # fmt: skip
    selected = set(printed.split())

    def left_out(of: str, names: list[str]) -> set[str]:
        is_of_models = Path(of).is_relative_to(PROJECT / "models") and Path(of).name != "staging"
        models = {name for name in names if Path(name).suffix in (".sql", ".py", ".yml")} if is_of_models else set()
        # the models that stay name their group
        return {name for name in models if Path(name).stem.removesuffix("__unit_tests") not in selected | {"groups"}}

    for part in ("models", "macros", "seeds", "warehouse"):
        shutil.copytree(PROJECT / part, folder / part, ignore=left_out)
    for file in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / file, folder)
    return folder


class Build:
    """A warehouse of its own for one project and landing folder, with dbt's working folders beside it."""

    def __init__(self, project: Path, landing: Path, folder: Path):
        self.project, self.landing, self.folder = project, landing, folder
        self.warehouse = folder / "warehouse.duckdb"

    def from_scratch(self) -> dict:
        """Build into a new warehouse, dbt parsing everything. Returns what `again` does."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        return self.again()

    def again(self) -> dict:
        """Build into the warehouse that is there.

        Returns:
            What `run` measures, sql_seconds (wall, while at least one model or seed ran) and rows_stored.
        """
        target = self.folder / "target"
        measured, _ = run(
            "-m", "dbt.cli.main", "--quiet", "build", "--exclude-resource-type", "test", "unit_test",
            "--target-path", target, "--log-path", self.folder / "logs",
            project=self.project, RAW_DATA_DIR=self.landing, WAREHOUSE_PATH=self.warehouse,
        )  # fmt: skip
        ran = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
        intervals = (
            (
                datetime.fromisoformat(timing["started_at"]).timestamp(),
                datetime.fromisoformat(timing["completed_at"]).timestamp(),
            )
            for result in ran
            if result["unique_id"].startswith(("model.", "seed."))
            for timing in result["timing"]
            if timing["name"] == "execute"
        )
        return measured | {"sql_seconds": union_length(intervals), "rows_stored": rows_stored(self.warehouse)}

    def monthly_counts(self) -> dict[str, list[int]]:
        """What benchmarks/peer.sql returns, from our own report: by month, customers at its start, new and churned."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            rows = connection.execute(
                "select cast(period_start as varchar), customers_start, customers_new, customers_churned "
                "from marts.rpt_churn_rates where period_grain = 'month' and segment_type = 'all'"
            ).fetchall()
        return {month: counts for month, *counts in rows}


def run_query(query: str, landing: Path, *database: Path) -> tuple[dict, list[list]]:
    """Run a file of SQL (benchmarks/run_sql.py). Returns what `run` measures, of the SQL alone, and its rows."""
    measured, printed = run(BENCHMARKS / "run_sql.py", BENCHMARKS / query, landing, *database)
    sql = json.loads(printed)
    return measured | {name: sql[name] for name in ("wall_seconds", "cpu_seconds")}, sql["rows"]


class Scope:
    """The builds of one project: of the landing folder to measure, and of a hundred customers for the fixed cost."""

    def __init__(self, name: str, prefix: str, project: Path, landing: Path, tiny_landing: Path, folder: Path):
        self.name, self.prefix = name, prefix
        self.build = Build(project, landing, folder / "build")
        self.tiny = Build(project, tiny_landing, folder / "tiny")

    def measure_full(self) -> dict[str, dict]:
        """The steps fixed and full, by their key in STEPS."""
        say(f"{self.name}: fixed cost, full build")
        return {f"{self.prefix}fixed": self.tiny.from_scratch(), f"{self.prefix}full": self.build.from_scratch()}

    def measure_again(self, increment: Path) -> dict[str, dict]:
        """The steps fixed_again and increment, whose Parquet part lands and is taken away again."""
        say(f"{self.name}: fixed cost again, increment")
        measured = {f"{self.prefix}fixed_again": self.tiny.again()}
        # a copy, so that it is a new file every time
        part = Path(shutil.copy(increment, self.build.landing / "subscription_events"))
        measured[f"{self.prefix}increment"] = self.build.again()
        part.unlink()
        shutil.rmtree(self.build.folder)
        return measured


def measure_round(selected: Scope, everything: Scope, increment: Path) -> dict[str, dict]:
    """Run every one of STEPS once.

    Args:
        selected: the builds of SELECTOR's models.
        everything: those of the whole project.
        increment: Parquet part with the next day's events.

    Returns:
        What `run` measures, for each of STEPS; for builds also sql_seconds and rows_stored; for the month spine
        rows_stored, months, and months_unlike_ours: in how many its counts are not those of our report.
    """
    build = selected.build
    measured = selected.measure_full()
    say("limit, month spine")
    measured["limit"], _ = run_query("limit.sql", build.landing)
    spine = build.folder / "peer.duckdb"
    measured["peer"], rows = run_query("peer.sql", build.landing, spine)
    theirs, ours = {month: counts for month, *counts in rows}, build.monthly_counts()
    measured["peer"] |= {
        "rows_stored": rows_stored(spine),
        "months": len(theirs),
        "months_unlike_ours": sum(theirs.get(month) != ours.get(month) for month in theirs.keys() | ours.keys()),
    }
    spine.unlink()
    measured |= selected.measure_again(increment)
    return measured | everything.measure_full() | everything.measure_again(increment)


def demo_seconds() -> float:
    """Wall seconds of the first `make build` after set-up: the demo business is made, built, tested and published."""
    say("the demo business")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        places = {
            "RAW_DATA_DIR": "",
            "WAREHOUSE_PATH": Path(folder) / "warehouse.duckdb",
            "PUBLISHED_PATH": Path(folder) / "published" / "marts.duckdb",
            "DBT_TARGET_PATH": Path(folder) / "target",
            "DBT_LOG_PATH": Path(folder) / "logs",
        }
        measured, _ = run("-m", "warehouse.build", **places)
        return measured["wall_seconds"]


def count_events(files: Path) -> int:
    """Rows of the Parquet files of a pattern."""
    return duckdb.execute(f"select count(*) from read_parquet('{files}')").fetchone()[0]


def measure_size(customers: int, rounds: int) -> dict:
    """Write landing data of one size and measure it in several rounds.

    Returns:
        customers; events and increment_events (rows); rounds: one `measure_round` each; ratios: the `spread` of each
        of RATIOS; engine_cpu_seconds: the median of the full build.

    Raises:
        RuntimeError: something could not be run; with all that it printed.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        landing, tiny, part = (Path(scratch) / name for name in ("landing", "tiny", "part-increment.parquet"))
        say(f"{customers:,} customers: writing landing data")
        write = BENCHMARKS / "synthetic.py"
        run(write, landing, "--customers", customers)
        run(write, landing, "--increment", part)
        run(write, tiny, "--customers", TINY_CUSTOMERS)
        project = selected_project(Path(scratch) / "project")
        selected = Scope("churn and MRR", "", project, landing, tiny, Path(scratch) / "selected")
        everything = Scope("all marts", "all_", PROJECT, landing, tiny, Path(scratch) / "all")
        measured = []
        for number in range(1, rounds + 1):
            say(f"{customers:,} customers, round {number} of {rounds}")
            measured.append(measure_round(selected, everything, part))
        return {
            "customers": customers,
            "events": count_events(landing / "subscription_events" / "*.parquet"),
            "increment_events": count_events(part),
            "engine_cpu_seconds": statistics.median(engine_cpu(one, "full") for one in measured),
            "ratios": {name: spread(ratios(one)[name] for one in measured) for name in RATIOS},
            "rounds": measured,
        }


def machine() -> dict[str, object]:
    """What the figures depend on: processor, cores, memory in bytes, system, and the versions of what runs."""
    processors = Path("/proc/cpuinfo")
    models = [
        line.partition(":")[2].strip()
        for line in (processors.read_text(encoding="utf-8").splitlines() if processors.exists() else [])
        if line.startswith("model name")
    ]
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    return {
        "cpu": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": system,
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "dbt": version("dbt-core"),
        "dbt_duckdb": version("dbt-duckdb"),
    }


def latest(sizes: Sequence[dict]) -> dict[str, object]:
    """The figures that documents quote: those of the largest size, and the scaling exponent over all of them.

    Args:
        sizes: what `measure_size` returned for each size.
    """
    largest = max(sizes, key=lambda size: size["customers"])
    return {
        **{name: largest["ratios"][name]["median"] for name in RATIOS},
        "peak_memory_bytes": max(one["full"]["peak_memory_bytes"] for one in largest["rounds"]),
        "customers": largest["customers"],
        "events": largest["events"],
        "scaling_exponent": scaling_exponent([(size["events"], size["engine_cpu_seconds"]) for size in sizes]),
    }


def shown(of: dict[str, float | None], digits: int = 1) -> str:
    """A `spread` as text: the median and, where they differ, smallest and largest value; empty for no values."""
    if of["median"] is None:
        return ""
    middle, low, high = (f"{of[name]:,.{digits}f}" for name in ("median", "min", "max"))
    return middle if low == high else f"{middle} ({low} to {high})"


def step_cells(size: dict, step: str) -> list[str]:
    """One line of the table: one of STEPS at one size, as `measure_size` returned it."""
    rounds = size["rounds"]
    is_fixed, is_increment = step in FIXED_COST_OF.values(), step.endswith("increment")

    def measured(key: str) -> dict[str, float | None]:
        return spread(one[step].get(key) for one in rounds)

    return [
        f"{TINY_CUSTOMERS if is_fixed else size['customers']:,}",
        STEPS[step],
        "" if is_fixed else f"{size['increment_events' if is_increment else 'events']:,}",
        shown(measured("rows_stored"), 0),
        "" if is_fixed else shown(spread(engine_cpu(one, step) for one in rounds)),
        shown(measured("cpu_seconds")),
        shown(measured("wall_seconds")),
        shown(measured("sql_seconds")),
        shown(spread(one[step]["peak_memory_bytes"] / 1e6 for one in rounds), 0),
    ]


def table(sizes: Sequence[dict]) -> str:
    """All sizes as one table of text: what each step took, then the ratios and the scaling exponent.

    Args:
        sizes: what `measure_size` returned for each size.
    """
    lines = [["customers", "", "events", "rows stored", "engine CPU s", "CPU s", "wall s", "SQL s", "peak MB"]]
    lines += [step_cells(size, step) for size in sizes for step in STEPS]
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    text = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    text.insert(1, "  ".join("-" * width for width in widths))
    for size in sizes:
        spine = size["rounds"][0]["peer"]
        text += ["", f"{size['customers']:,} customers"]
        text += [f"  {meaning:<48}{shown(size['ratios'][name], 2)}" for name, meaning in RATIOS.items()]
        text += [f"  {'months that the spine counts otherwise':<48}{spine['months_unlike_ours']} of {spine['months']}"]
    exponent = latest(sizes)["scaling_exponent"]
    text += ["", f"Scaling exponent of engine CPU: {'needs two sizes' if exponent is None else f'{exponent:.2f}'}"]
    return "\n".join(text)


def save(file: Path, result: dict) -> None:
    """Write a result as JSON, seconds and ratios to four digits."""

    def rounded(value: object) -> object:
        if isinstance(value, dict):
            return {name: rounded(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [rounded(inner) for inner in value]
        return round(value, 4) if isinstance(value, float) else value

    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(rounded(result), indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure every size, save benchmarks/results/bench_<customers>.json and latest.json, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    named = parser.parse_args()
    context = {"measured_on": date.today().isoformat(), "rounds_measured": named.rounds, "machine": machine()}
    sizes = []
    for customers in sorted(set(named.customers)):
        sizes.append(measure_size(customers, named.rounds))
        save(RESULTS / f"bench_{customers}.json", context | sizes[-1])
    demo = demo_seconds()
    save(RESULTS / "latest.json", latest(sizes) | {"demo_seconds": demo} | context)
    print(f"\nMedians (smallest to largest) of {named.rounds} round(s)\n\n{table(sizes)}\n")
    print(f"The first build of the demo business: {demo:.0f} s\n")
    print(f"Saved in {RESULTS.relative_to(PROJECT)}/: latest.json and bench_<customers>.json")


if __name__ == "__main__":
    main()
