"""What every unit test keeps to, read from dbt's manifest."""

from __future__ import annotations

import re

import harness
import pytest
import yaml

SETTINGS = yaml.safe_load((harness.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["setting_rules"]


def macros_behind(model: dict, macros: dict[str, dict]) -> set[str]:
    """The project's macros that a model uses, directly or through others, with what they dispatch to on each engine."""
    found, to_see = set(), [*model["depends_on"]["macros"]]
    while to_see:
        macro = to_see.pop()
        if macro in macros and macro not in found:
            found.add(macro)
            to_see += macros[macro]["depends_on"]["macros"]
            to_see += [other for other in macros if other.endswith("__" + macros[macro]["name"])]
    return found


def settings_read(model: dict, macros: dict[str, dict]) -> set[str]:
    """The vars that a model reads: those whose quoted names stand in its code or in that of a macro behind it."""
    code = "\n".join([model["raw_code"], *(macros[macro]["macro_sql"] for macro in macros_behind(model, macros))])
    return {name for name in SETTINGS if re.search(rf"""["']{name}["']""", code)}


def not_pinned(manifest: dict) -> list[str]:
    macros = {key: macro for key, macro in manifest["macros"].items() if key.startswith("macro.retention_warehouse.")}
    return [
        f"{test['original_file_path']}: {test['name']} must say, under overrides.vars, what {name} is"
        for test in manifest["unit_tests"].values()
        for name in sorted(
            settings_read(manifest["nodes"][test["depends_on"]["nodes"][0]], macros)
            - ((test["overrides"] or {}).get("vars") or {}).keys()
        )
    ]


def test_every_unit_test_pins_the_vars_that_its_model_reads() -> None:
    """One that does not fails for whoever sets the var, and then nothing is published."""
    assert not_pinned(harness.manifest()) == []


def test_every_unit_test_has_a_name_that_postgres_can_give_a_table() -> None:
    assert [name for test in harness.manifest()["unit_tests"].values() if len(name := test["name"]) > 63] == []


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("rpt_acquisition_costs", "gross_margin"),  # read by the model
        ("int_customer_changes", "reporting_timezone"),  # by a macro
        ("int_mrr_change_drivers", "reporting_currency"),  # by a macro of a macro
    ],
)
def test_a_var_that_is_not_pinned_is_found_however_it_is_read(model: str, name: str) -> None:
    manifest = harness.manifest()
    tests = [test for test in manifest["unit_tests"].values() if test["model"] == model]
    for test in tests:
        del test["overrides"]["vars"][name]
    assert not_pinned(manifest) == [
        f"{test['original_file_path']}: {test['name']} must say, under overrides.vars, what {name} is" for test in tests
    ]
