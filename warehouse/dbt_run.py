"""What a run of dbt came to: did it build every model and pass every test, and if not, why, in plain words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

MARTS = "marts"
# A test of severity `warn` says something about the data and does not stop anybody.
PASSED = {"success", "pass", "warn"}
# Options of dbt by which its models see some rows only.
PARTIAL_OPTIONS = ("empty", "sample", "event_time_start", "event_time_end")
# In a mart's description its example comes last; a reader of the published file has the page for it.
EXAMPLE = "**Example query.**"
# Of these dbt says only that there is nothing to do.
NOTHING_TO_DO = ("exposure.", "saved_query.")
KINDS = {"model": "model", "seed": "seed", "test": "test", "unit_test": "unit test"}


@dataclass(frozen=True)
class DbtRun:
    """One run of dbt. `problems` says, a line each, why its marts must not be published; empty = whole and passed.

    `made` are the models that it made, and `warnings` what its tests of severity `warn` found, a line each.
    `descriptions` has of every mart what it says and, by name, what its columns say; `keys` the columns of its grain.
    """

    invocation_id: str
    marts: tuple[str, ...]
    built: int
    passed_tests: int
    problems: tuple[str, ...]
    made: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    descriptions: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)


def read_run(target: Path, started: datetime) -> DbtRun | None:
    """Read what dbt wrote into its target folder; None when the run that started then has not come that far."""
    try:
        results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))
        manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if datetime.fromisoformat(results["metadata"]["generated_at"]) < started:
        return None
    nodes = {**manifest["nodes"], **manifest["unit_tests"]}
    nodes = {name: node for name, node in nodes.items() if node["resource_type"] in KINDS}
    ran = {r["unique_id"]: r for r in results["results"] if not r["unique_id"].startswith(NOTHING_TO_DO)}
    tests = [name for name in ran if name.startswith(("test.", "unit_test."))]
    marts = [node for node in nodes.values() if node["resource_type"] == "model" and node["schema"] == MARTS]
    return DbtRun(
        invocation_id=results["metadata"]["invocation_id"],
        marts=tuple(sorted(node["alias"] for node in marts)),
        built=sum(name.startswith(("model.", "seed.")) for name in ran),
        passed_tests=sum(ran[name]["status"] in PASSED for name in tests),
        problems=(*_left_out(results["args"]), *_problems(ran, nodes)),
        made=tuple(nodes[name]["name"] for name in ran if name.startswith("model.") and ran[name]["status"] in PASSED),
        warnings=tuple(_warning(result, nodes) for result in ran.values() if result["status"] == "warn"),
        descriptions={node["alias"]: _description(node) for node in marts},
        keys={node["alias"]: key for node in marts if (key := node.get("config", {}).get("meta", {}).get("grain"))},
    )


def _description(mart: dict) -> tuple[str, dict[str, str]]:
    says = mart.get("description", "").partition(EXAMPLE)[0].strip()
    return says, {name: column["description"].strip() for name, column in mart.get("columns", {}).items()}


def _left_out(arguments: dict) -> list[str]:
    options = [f"--{option.replace('_', '-')}" for option in PARTIAL_OPTIONS if arguments.get(option)]
    return [f"{option} leaves rows out: such a build is never published" for option in options]


def _problems(ran: dict[str, dict], nodes: dict[str, dict]) -> list[str]:
    failed = [_problem(result, nodes) for result in ran.values() if result["status"] not in {*PASSED, "skipped"}]
    if skipped := sum(result["status"] == "skipped" for result in ran.values()):
        failed.append(f"{skipped} models and tests were not run because of that")
    # unit tests look at the code, not at the data: a load need not repeat what the last change of the project passed
    needed = {name for name, node in nodes.items() if node["resource_type"] != "unit_test"}
    if left_out := needed - ran.keys():
        failed.append(
            f"only {len(needed) - len(left_out)} of {len(needed)} models, seeds and data tests were run: "
            "a part of the warehouse is never published"
        )
    return failed


def _problem(result: dict, nodes: dict[str, dict]) -> str:
    node = nodes.get(result["unique_id"])
    if node is None:
        return f"{result['unique_id'].split('.')[-1]}: {_one_line(result['message'])}"
    kind, name = KINDS[node["resource_type"]], node["name"]
    if result["status"] == "fail":
        return f"{kind} {name} failed: {_rows(result)} ({node['original_file_path']})"
    return f"{kind} {name} could not be {'run' if 'test' in kind else 'built'}: {_one_line(result['message'])}"


def _warning(result: dict, nodes: dict[str, dict]) -> str:
    node = nodes[result["unique_id"]]
    says = " ".join(node["description"].split()) or f"See {node['original_file_path']}"
    return f"{node['name']}: {_rows(result)}. {says}"


def _rows(result: dict) -> str:
    return f"{result['failures']:,} row{'s' * (result['failures'] != 1)}"


def _one_line(message: str | None) -> str:
    """The first two lines of a message of dbt: what kind of error, where, and the error itself."""
    return " ".join(line.strip() for line in (message or "").strip().splitlines()[:2])
