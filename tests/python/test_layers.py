"""What may read what: layers from the landed event to the mart, and in a layer no two folders that need each other."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from graphlib import TopologicalSorter

import harness
import shared

LAYERS = ("staging", "intermediate", "marts")
# What was reported last is compared with the report, and has its columns before there is any.
EXCEPTIONS = {("int_reported_figures", "fct_segment_periods"), ("int_segments_not_compared", "fct_segment_periods")}
# A verdict is about the figure of the report, as for every model of playbooks/; these are stored for it.
READS_REPORTS = {"int_watched_values", "int_change_figures"}
MODELS = {
    unique_id: node for unique_id, node in harness.manifest()["nodes"].items() if node["resource_type"] == "model"
}
READS = [
    (node, MODELS[parent]) for node in MODELS.values() for parent in node["depends_on"]["nodes"] if parent in MODELS
]


def test_no_model_reads_a_later_layer() -> None:
    later = {
        (model["name"], read["name"])
        for model, read in READS
        if LAYERS.index(read["fqn"][1]) > LAYERS.index(model["fqn"][1]) and model["name"] not in READS_REPORTS
    }
    assert later == EXCEPTIONS


def test_what_the_linter_leaves_out_is_one_call_of_a_macro() -> None:
    bases = [node for node in MODELS.values() if node["fqn"][1] == "staging" and "base" in node["fqn"]]
    assert bases
    for node in bases:
        config, body = node["raw_code"].split("\n", 1)
        assert re.fullmatch(r"{{ config\(.*\) }}", config) and re.fullmatch(
            r"\s*{{\s*landed_rows\([^{}]*\)\s*}}\s*", body
        ), node["name"]


def test_only_staging_and_the_account_of_raw_rows_read_raw_tables() -> None:
    readers = {
        node["name"]
        for node in MODELS.values()
        if node["fqn"][1] != "staging" and any(parent.startswith("source.") for parent in node["depends_on"]["nodes"])
    }
    assert readers == {"rpt_event_reconciliation", "rpt_quarantine"}


def test_the_folders_of_intermediate_come_one_after_the_other() -> None:
    before = defaultdict(set)
    for model, read in READS:
        if model["fqn"][1] == read["fqn"][1] == "intermediate" and model["fqn"][2] != read["fqn"][2]:
            before[model["fqn"][2]].add(read["fqn"][2])
    order = list(TopologicalSorter(before).static_order())  # raises CycleError where two need each other
    assert order.index("time") < order.index("subscriptions") < order.index("customers") < order.index("movements")


def test_a_table_of_the_last_build_is_read_before_it_is_made_anew() -> None:
    reads = {
        (model["name"], table)
        for model in MODELS.values()
        for table in re.findall(r'Relation.create\(target.database, "intermediate", "(\w+)"\)', model["raw_code"])
    }
    assert len(reads) == 4  # docs/increments.md
    parents = defaultdict(set)
    for model, read in READS:
        parents[model["name"]].add(read["name"])

    def ancestors(name: str) -> set[str]:
        return parents[name].union(*map(ancestors, parents[name]))

    for reader, table in reads:
        assert reader in ancestors(table), f"{table} may be made anew before {reader} reads what it was"


def test_a_rate_is_few_stops_from_its_event() -> None:
    """The way of a subscription event, without what only finds out whom an increment touches."""
    parents = defaultdict(list)
    for model, read in READS:
        if "touched" not in read["name"] and read["name"] != "int_activity_events":
            parents[model["name"]].append(read["name"])

    def stops(name: str) -> int:
        """Models from the landed event to this one, both counted; 0 = none of them is on its way."""
        if name == "base_billing__subscription_events":
            return 1
        before = max(map(stops, parents[name]), default=0)
        return before + 1 if before else 0

    assert 0 < stops("rpt_churn_rates") <= 19


def test_the_picture_shows_the_models_as_they_are() -> None:
    """When it fails: make lineage."""
    command = [sys.executable, "docs/lineage.py", str(shared.parsed() / "manifest.json")]
    drawn = subprocess.run(command, cwd=harness.PROJECT, capture_output=True, text=True, check=True).stdout
    assert drawn == (harness.PROJECT / "docs" / "lineage.svg").read_text(encoding="utf-8")


def test_what_is_built_weekly_is_read_by_nothing_that_is_built_daily() -> None:
    weekly = {node["name"] for node in MODELS.values() if "weekly" in node["tags"]}
    assert weekly  # selectors.yml
    assert {(model["name"], read["name"]) for model, read in READS if read["name"] in weekly} == set()


def test_an_exposure_names_the_marts_that_its_program_reads() -> None:
    for exposure in harness.manifest()["exposures"].values():
        named = {MODELS[parent]["name"] for parent in exposure["depends_on"]["nodes"]}
        if program := exposure["config"]["meta"].get("program"):
            text = (harness.PROJECT / program).read_text(encoding="utf-8")
            assert named == set(re.findall(r"\b(?:marts\.|(?:ref|scoped)\(')((?:dim|fct|rpt|sync)_\w+)", text)), (
                exposure["name"]
            )
        else:
            assert named == {model["name"] for model in MODELS.values() if model["fqn"][1] == "marts"}
