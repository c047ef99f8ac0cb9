"""Every model has a test, and every column of a mart a value that some test expects. Read from the manifest."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict

import harness
import pytest
import test_against_oracle
import test_cohorts
import test_playbooks

# A plan, an amount, a segment, a reason, and whatever a twin's figure needs so as not to be null: two years, a loss of
# each type, a return, more and less MRR, a failed payment, a pause, orders, a target.
EVENTS = """
customer_id,event_type,occurred_at,plan_id,amount,reason_code,cancelled_by
a,started,2022-01-10,basic,10,,
a,changed,2022-03-10,pro,30,,
a,changed,2022-05-10,basic,20,,
a,cancelled,2023-02-10,,,too_expensive,
a,reactivated,2023-03-10,basic,10,,
b,started,2022-01-10,basic,10,,
b,payment_failed,2022-02-10,,,,
b,payment_recovered,2022-02-15,,,,
b,paused,2022-03-10,,,,
b,resumed,2022-03-20,,,,
b,payment_failed,2023-02-10,,,,
b,cancelled,2023-02-20,,,,
c,started,2022-01-10,basic,10,,
c,cancelled,2022-03-10,,,outage,
d,started,2022-01-20,basic,10,,
d,cancelled,2022-04-10,,,,
e,started,2022-01-20,basic,10,,
e,renewed,2023-05-01,basic,10,,
"""


def example() -> dict[str, list[dict[str, str]]]:
    events = list(csv.DictReader(io.StringIO(EVENTS.strip())))
    events = [
        {**row, "event_id": f"e{number}", "subscription_id": f"s-{row['customer_id']}"}
        for number, row in enumerate(events)
    ]
    orders = [
        {"order_id": f"o{day}", "customer_id": "a", "ordered_at": f"2022-02-0{day}", "amount": "5"} for day in (1, 2)
    ]
    target = {"metric": "churn_rate", "period_grain": "month", "period_start": "2022-03-01", "target": "0.05"}
    # that it is judged, and why it is not
    targets = [target, {**target, "metric": "happiness"}]
    customers = [{"customer_id": "a", "country": "DE"}]
    tables = {"subscription_events": events, "customers": customers, "orders": orders, "targets": targets}
    return {**tables, "exchange_rates": []}


def compared_with_twins() -> dict[str, set[str]]:
    """The columns of each mart for which a plain-Python twin gives a value, of those that the SQL is compared with."""
    compared = defaultdict(set)
    for twin in (test_against_oracle, test_cohorts, test_playbooks):
        for mart, rows in twin.expected(example(), {}).items():
            if mart in twin.MARTS:
                compared[mart] |= {column for row in rows for column, value in row.items() if value is not None}
    return compared


def expected_by(unit_test: dict) -> set[str]:
    """The columns for which a unit test expects a value that is not null."""
    rows = unit_test["expect"]["rows"]
    if unit_test["expect"]["format"] == "sql":
        return {column for value, column in re.findall(r"(\S+) as (\w+)", rows) if value != "null"}
    if isinstance(rows, str):
        rows = list(csv.DictReader(io.StringIO(rows.strip()), skipinitialspace=True))
    return {column.strip() for row in rows or [] for column, value in row.items() if value not in (None, "")}


def expected_by_unit_tests(manifest: dict) -> dict[str, set[str]]:
    expected = defaultdict(set)
    for unit_test in manifest["unit_tests"].values():
        expected[unit_test["model"]] |= expected_by(unit_test)
    return expected


def models(manifest: dict) -> list[dict]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def never_expected(manifest: dict) -> dict[str, list[str]]:
    """The columns of each mart that neither a unit test nor a twin expects a value of."""
    by_unit_tests, by_twins = expected_by_unit_tests(manifest), compared_with_twins()
    found = {
        node["name"]: sorted(node["columns"].keys() - by_unit_tests[node["name"]] - by_twins[node["name"]])
        for node in models(manifest)
        if node["schema"] == "marts"
    }
    return {mart: columns for mart, columns in found.items() if columns}


def without_a_test(manifest: dict) -> list[str]:
    """Models that no unit test runs and no data test of their own looks at."""
    looked_at = {node.get("attached_node") for node in manifest["nodes"].values() if node["resource_type"] == "test"}
    looked_at |= {node for test in manifest["unit_tests"].values() for node in test["depends_on"]["nodes"][:1]}
    return sorted(node["name"] for node in models(manifest) if node["unique_id"] not in looked_at)


def test_every_column_of_a_mart_is_expected_somewhere() -> None:
    """Mend it in the mart's unit tests: a column that no test expects may hold anything."""
    assert never_expected(harness.manifest()) == {}


def test_every_model_has_a_unit_or_data_test() -> None:
    """A unit test where the model decides something, else a data test that a wrong row fails."""
    assert without_a_test(harness.manifest()) == []


def test_singular_tests_name_models_that_exist() -> None:
    """What to compare when it fails is a model or a column of one."""
    manifest = harness.manifest()
    names = {node["name"] for node in models(manifest)}
    for file in (harness.PROJECT / "tests" / "singular").rglob("*.sql"):
        comment = " ".join(re.findall(r"^--(.*)$", file.read_text(encoding="utf-8"), re.MULTILINE))
        assert set(re.findall(r"\b(?:base|stg|int|dim|fct|rpt|sync)_\w+\b", comment)) <= names, file.name


def test_a_column_that_nothing_expects_is_found() -> None:
    manifest = harness.manifest()
    mart = next(node for node in models(manifest) if node["name"] == "dim_plans")
    mart["columns"]["owner"] = {"name": "owner"}
    assert never_expected(manifest) == {"dim_plans": ["owner"]}


def test_a_model_without_a_test_is_found() -> None:
    manifest = harness.manifest()
    for test in ("unit_tests", "nodes"):
        manifest[test] = {
            key: node for key, node in manifest[test].items() if "dim_plans" not in key or key.startswith("model")
        }
    assert without_a_test(manifest) == ["dim_plans"]


@pytest.mark.parametrize(
    ("expect", "columns"),
    [
        ({"format": "csv", "rows": "a,b,c\n1,,\n,,x"}, {"a", "c"}),
        ({"format": "dict", "rows": [{"a": 1, "b": None}]}, {"a"}),
        ({"format": "sql", "rows": "select 1 as a, null as b, 'x' as c"}, {"a", "c"}),
        ({"format": "dict", "rows": []}, set()),
    ],
)
def test_only_a_value_is_an_expectation(expect: dict, columns: set[str]) -> None:
    assert expected_by({"expect": expect}) == columns
