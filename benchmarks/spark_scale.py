"""Builds synthetic data on a real Spark cluster (two workers, 1 GB executors) and counts what each model moves.

The counts come from Spark's own event log: rows and bytes read, written to a shuffle, and spilled, per model. They do
not depend on the machine's mood, so larger data can be extrapolated from them.

Usage: make bench-spark CUSTOMERS=1000000 [SKEW="--events-of-one 1000000 --share-of-one-segment 0.9"]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests" / "engines"), str(PROJECT / "benchmarks")]

from spark_cluster import running_cluster  # noqa: E402 - the cluster of the tests, which is no package
from synthetic import write_synthetic  # noqa: E402 - the same

# A cluster for work, not for many small tests: compiled stages, and partitions that fit a 1 GB executor.
SETTINGS = """
spark.sql.codegen.wholeStage                  true
spark.sql.adaptive.enabled                    true
spark.sql.shuffle.partitions                  32
spark.driver.extraJavaOptions                 -Dderby.system.home={home} -Djava.io.tmpdir={home}
spark.executor.extraJavaOptions               -XX:+UseSerialGC
spark.eventLog.enabled                        true
spark.eventLog.dir                            file://{events}
spark.eventLog.compress                       false
"""
NODE = re.compile(r'"node_id": "(?:model|seed)\.\w+\.(\w+)"')
METRICS = {
    "rows_read": ("Input Metrics", "Records Read"),
    "bytes_read": ("Input Metrics", "Bytes Read"),
    "shuffle_rows": ("Shuffle Write Metrics", "Shuffle Records Written"),
    "shuffle_bytes": ("Shuffle Write Metrics", "Shuffle Bytes Written"),
    "bytes_written": ("Output Metrics", "Bytes Written"),
}


def counts_by_model(event_log: Path) -> dict[str, dict[str, int]]:
    """Sums of the tasks' metrics for each dbt model, from one Spark event log (JSON lines, or a folder of them)."""
    files = sorted(event_log.rglob("events*")) if event_log.is_dir() else [event_log]
    model_of_execution, model_of_stage = {}, {}
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for line in (line for file in files for line in file.open(encoding="utf-8")):
        event = json.loads(line)
        kind = event["Event"].rpartition(".")[2]
        if kind == "SparkListenerSQLExecutionStart":
            found = NODE.search(event["description"]) or NODE.search(json.dumps(event.get("modifiedConfigs", {})))
            model_of_execution[str(event["executionId"])] = found[1] if found else "(other)"
        elif kind == "SparkListenerJobStart":
            properties = event.get("Properties") or {}
            model = model_of_execution.get(properties.get("spark.sql.execution.id"), "(other)")
            model_of_stage.update(dict.fromkeys(event["Stage IDs"], model))
        elif kind == "SparkListenerTaskEnd" and event.get("Task Metrics"):
            measured, sums = event["Task Metrics"], counts[model_of_stage.get(event["Stage ID"], "(other)")]
            for name, (group, metric) in METRICS.items():
                sums[name] += measured.get(group, {}).get(metric, 0)
            sums["disk_bytes_spilled"] += measured["Disk Bytes Spilled"]
            sums["task_milliseconds"] += measured["Executor Run Time"]
            sums["peak_execution_memory"] = max(sums["peak_execution_memory"], measured.get("Peak Execution Memory", 0))
    return {model: dict(sums) for model, sums in counts.items()}


def main() -> None:
    """Write the data, build on the cluster, save the counts under benchmarks/results/."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--events-of-one", type=int, default=0)
    parser.add_argument("--share-of-one-segment", type=float, default=0.0)
    parser.add_argument("--name", default="spark")
    named = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="spark-scale-") as scratch:
        landing, events = Path(scratch) / "landing", Path(scratch) / "events"
        events.mkdir()
        landed = write_synthetic(
            landing, named.customers, events_of_one=named.events_of_one, share_of_one=named.share_of_one_segment
        )
        print(f"{landed:,} events of {named.customers:,} customers", flush=True)
        with running_cluster(SETTINGS.format(home=scratch, events=events)) as cluster:
            environment = {**os.environ, "RAW_DATA_DIR": str(landing), **cluster.environment()}
            started = time.monotonic()
            subprocess.run(
                [sys.executable, "-m", "warehouse.land", "spark_cluster"], cwd=PROJECT, env=environment, check=True
            )
            dbt = [Path(sys.executable).parent / "dbt", "build", "--target", "spark_cluster", "--target-path", scratch]
            dbt += ["--exclude-resource-types", "test", "unit_test"]
            subprocess.run(dbt, cwd=PROJECT, env=environment, check=True)
            seconds = time.monotonic() - started
        (log,) = events.iterdir()
        ran = json.loads((Path(scratch) / "run_results.json").read_text(encoding="utf-8"))["results"]
        counts = counts_by_model(log)
        for result in ran:
            counts.setdefault(result["unique_id"].split(".")[-1], {})["seconds"] = round(result["execution_time"], 1)
    result = {
        "customers": named.customers, "events": landed, "events_of_one": named.events_of_one,
        "share_of_one_segment": named.share_of_one_segment, "workers": 2, "executor_memory": "1g",
        "seconds": round(seconds), "models": counts,
    }  # fmt: skip
    file = PROJECT / "benchmarks" / "results" / f"{named.name}_{named.customers}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{seconds:.0f} s; counts in {file.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
