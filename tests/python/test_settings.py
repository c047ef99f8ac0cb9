"""What can be set, and what is said of what cannot, before anything is read or written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import harness
import pytest
import pytz
import yaml

from warehouse import build, export, settings
from warehouse.settings import SettingsError, check_vars, read_environment

RULES = yaml.safe_load((harness.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]["setting_rules"]


def problems_of(vars_given: str) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        check_vars(vars_given)
    return refused.value.problems


# -- dbt vars; tests/python/test_landing.py has dbt itself say the same


@pytest.mark.parametrize(
    "given",
    [
        "", "{}", "{as_of: null, known_at: null}", "{as_of: 2025-06-30}", "{as_of: '2025-06-30T18:00:00.5+14:00'}",
        "{as_of: 2025-06-30 18:00:00, known_at: 2025-06-30 18:00:00+05:30}", "{reporting_currency: eur}",
        "{reporting_timezone: Asia/Kathmandu}", "{fiscal_year_start_month: 12}", "{fiscal_year_start_month: '1'}",
        "{gross_margin: 1, annual_discount_rate: 0}", "{gross_margin: '0.000001', annual_discount_rate: 1.0}",
        "{lifecycle: activity}", "lifecycle: activity", "{switch_grace_minutes: 0}", "{switch_grace_minutes: 43200}",
        "{lifecycle: activity}", "lifecycle: activity", "{largest_segment_values: 1}",
        "{largest_cell_values: 1}",
    ],
)  # fmt: skip
def test_vars_within_their_bounds_are_taken(given: str) -> None:
    check_vars(given)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{as_of: 2025-02-30}", "as_of is '2025-02-30', which is not a valid time: use '2025-06-30' or"),
        ("{as_of: '2025-02-30'}", "as_of is '2025-02-30', which is not a valid time: use '2025-06-30' or"),
        ("{known_at: yesterday}", "known_at is 'yesterday', which is not a valid time"),
        ("{as_of: 2025-06-30+02:00}", "as_of is '2025-06-30+02:00', which is not a valid time"),
        ("{as_of: [2025-06-30]}", "which is not a valid time"),
        ("{as_of: 1750-01-01}", "as_of is '1750-01-01', which is not a valid time"),
        ("{as_of: 2999-01-01}", "as_of is '2999-01-01', which is later than now"),
        ("{as_of: 'IN_AN_HOUR'}", "which is later than now: use a moment that has been, or leave it out"),
        ("{known_at: 2999-01-01 10:00:00}", "known_at is '2999-01-01 10:00:00', which is later than now"),
        ("{lifecycle: both}", "lifecycle is 'both', which is not one of its values: use auto, subscr"),
        ("{reporting_currency: EURO}", "reporting_currency is 'EURO', which cannot be used: use a currency code"),
        ("{reporting_currency: \"x' or\"}", 'reporting_currency is \'x\' or\', which cannot be used'),
        ("{reporting_currency: null}", "reporting_currency is not set: leave it out for the default, or use a"),
        ("{reporting_timezone: Berlin}", "'Berlin', which is not a time zone: use a name in the IANA database, such as "
            "'UTC' or 'Europe/Berlin'. Did you mean Europe/Berlin?"),
        ("{fiscal_year_start_month: 13}", "which is out of its bounds: use a whole number of at least 1 and at most "),
        ("{fiscal_year_start_month: 0}", "which is out of its bounds"),
        ("{fiscal_year_start_month: April}", "fiscal_year_start_month is 'April', which is not a whole number"),
        ("{switch_grace_minutes: -1}", "switch_grace_minutes is '-1', which is out of its bounds: use a whole number "
            "of at least 0 and at most 43200, such as 10"),
        ("{switch_grace_minutes: 43201}", "which is out of its bounds"),
        ("{switch_grace_minutes: 2.5}", "switch_grace_minutes is '2.5', which is not a whole number"),
        ("{switch_grace_minutes: null}", "switch_grace_minutes is not set: leave it out for the default, or use a"),
        ("{largest_segment_values: 0}", "largest_segment_values is '0', which is out of its bounds: use a whole number "
            "of at least 1"),
        ("{largest_segment_values: all}", "largest_segment_values is 'all', which is not a whole number"),
        ("{gross_margin: 80}", "gross_margin is '80', which is out of its bounds: use a number with up to six decimal "
            "places above 0 and at most 1, such as 0.8"),
        ("{gross_margin: 0}", "gross_margin is '0', which is out of its bounds"),
        ("{gross_margin: (select 1)}", "gross_margin is '(select 1)', which is not a number"),
        ("{gross_margin: true}", "gross_margin is 'True', which is not a number"),
        ("{gross_margin: .nan}", "gross_margin is 'nan', which is not a number"),
        ("{gross_margin: 0.1234567}", "which is not a number: use a number with up to six decimal places"),
        ("{annual_discount_rate: 10}", "annual_discount_rate is '10', which is out of its bounds: use a number with up "
            "to six decimal places of at least 0 and at most 1, such as 0.1"),
        ("{annual_discount_rate: -0.1}", "annual_discount_rate is '-0.1', which is out of its bounds"),
        ("{segments: region}", "segments is 'region', which cannot be used: use a list of columns of customers, each "
            "once, such as [country, industry]"),
        ("{segments: []}", "segments is '[]', which cannot be used"),
        ("{segments: [country, country]}", "which cannot be used"),
        ("{segments: [plan]}", "which cannot be used"),
        ("{segments: [country, 'a b']}", "which cannot be used"),
        ("{reporting_curency: EUR}", "reporting_curency is not a setting. Did you mean reporting_currency?"),
        ("{gross-margin: 0.5}", "gross-margin is not a setting. Did you mean gross_margin?"),
        ("{zzz: 1}", f"zzz is not a setting. There are {', '.join(RULES)}"),
        ("{1: 2}", "1 is not a setting"),
        ("{setting_rules: {}}", "setting_rules is not a setting"),
        ("as_of:2025-06-30", "--vars is 'as_of:2025-06-30', which names no setting: write it as '{as_of: 2025-06-30"),
        ("{as_of: ", "--vars is not YAML"),
    ],
)  # fmt: skip
def test_a_var_that_cannot_be_used_is_refused_with_what_to_write(given: str, said: str) -> None:
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S")
    (problem,) = problems_of(given.replace("IN_AN_HOUR", in_an_hour))
    assert said in problem


def test_all_vars_that_cannot_be_used_are_named_at_once() -> None:
    assert len(problems_of("{as_of: 2999-01-01, gross_margin: 80, x: 1, lifecycle: both}")) == 4


def test_a_yes_or_no_is_true_or_false() -> None:
    rule = {"type": "boolean"}
    assert settings._problem("flag", True, rule) == settings._problem("flag", False, rule) == ""
    for value in ("false", "no", 0, None):
        assert "use true or false, without quotes" in settings._problem("flag", value, rule)


def test_every_var_has_a_rule() -> None:
    check_vars("")  # the project's own: one without a rule is refused as unknown
    defaults = yaml.safe_load((harness.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    assert defaults.keys() - {"setting_rules"} == RULES.keys()


def test_every_time_zone_that_is_taken_is_known_to_the_warehouse() -> None:
    with duckdb.connect() as connection:
        for zone in pytz.all_timezones:
            connection.execute("select timestamptz '2024-06-01 00:00:00+00' at time zone ?", [zone])


# -- the environment


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in settings.ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "landing").mkdir()
    (tmp_path / "a_file").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PUBLISHED_VERSIONS": "9" * 5000}, "999...', which is not a whole number: use a whole number of at least 1"),
        ({"PUBLISHED_VERSIONS": "0"}, "PUBLISHED_VERSIONS is '0', which is out of its bounds"),
        ({"PUBLISHED_VERSIONS": "\u0665"}, "which is not a whole number"),
        ({"PUBLISHED_VERSIONS": "5 "}, "which is not a whole number"),
        ({"DUCKDB_MEMORY_LIMIT": "lots"}, "DUCKDB_MEMORY_LIMIT is 'lots', which cannot be used: use at least 100MB"),
        ({"DUCKDB_MEMORY_LIMIT": "99MB"}, "use at least 100MB"),
        ({"PGPORT": "postgres"}, "PGPORT is 'postgres', which is not a whole number"),
        ({"WAREHOUSE_SCHEMA": "Ana"}, "WAREHOUSE_SCHEMA is 'Ana', which cannot be used: use up to 30 small letters"),
        ({"SPARK_THRIFT_PORT": "65536"}, "SPARK_THRIFT_PORT is '65536', which is out of its bounds"),
        ({"WAREHOUSE_PATH": "x.duckdb", "PUBLISHED_PATH": "./x.duckdb"}, "and PUBLISHED_PATH are one file"),
        ({"WAREHOUSE_PATH": "a_link", "PUBLISHED_PATH": "a_file"}, "WAREHOUSE_PATH and PUBLISHED_PATH are one file"),
        ({"WAREHOUSE_PATH": "landing/x.duckdb"}, "WAREHOUSE_PATH (landing/x.duckdb) lies in the landing folder"),
        ({"PUBLISHED_PATH": "landing/new/x.duckdb"}, "PUBLISHED_PATH (landing/new/x.duckdb) lies in the landing"),
        ({"DBT_TARGET_PATH": "landing"}, "DBT_TARGET_PATH (landing) lies in the landing folder"),
        ({"PUBLISHED_PATH": "m.duckdb", "WAREHOUSE_PATH": "m_versions/w.duckdb"}, "lies in m_versions, where"),
        ({"DBT_TARGET_PATH": "a_file"}, "DBT_TARGET_PATH is 'a_file', which is a file, where a folder is expected"),
        ({"RAW_DATA_DIR": "a_file"}, "RAW_DATA_DIR is 'a_file', which is a file, where a folder is expected"),
        ({"WAREHOUSE_PATH": "landing/.."}, "which is a folder, where a file is expected: use one such as"),
        ({"PUBLISHED_PATH": "a_file/x.duckdb"}, "is 'a_file/x.duckdb', but a_file is a file, not a folder"),
        *(({"WAREHOUSE_PATH": f"{name}.duckdb"}, f"but {name} is the name of a schema")
          for name in ("raw", "Marts", "main")),
        *(({name: f"new/{file}"}, "a file name that DuckDB reads in more than one way: use letters, digits, blanks")
          for name in ("WAREHOUSE_PATH", "PUBLISHED_PATH")
          for file in ('q"q.duckdb', "it's.duckdb", "b\\s.duckdb", "st*r.duckdb", "a[1].duckdb", "a.b.duckdb",
                       ".duckdb", "a;b.duckdb", "a#b.duckdb", "a:b")),
        ({"WAREHOUSE_PATH": ":memory:"}, "a file name that DuckDB reads in more than one way"),
        ({"WAREHOUSE_PATH": "s3://bucket/w.duckdb"}, "which is not a path on this machine: use one such as /data/w.d"),
        ({"PUBLISHED_PATH": "md:w/w.duckdb"}, "which is not a path on this machine"),
        ({"WAREHOUSE_PATH": "new?/w.duckdb"}, "'new?/w.duckdb', whose ? dbt reads as the end of the path"),
        ({"WAREHOUSE_PATH": "~/w.duckdb"}, "which is not a path on this machine"),
        ({"PUBLISHED_PATH": "a\nb/m.duckdb"}, "which holds a character that cannot be shown: rename it"),
        ({"DBT_TARGET_PATH": "t\udcff"}, "which holds a character that cannot be shown: rename it"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_stops_the_build_before_anything_is_written(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, environment: dict, said: str
) -> None:
    (place / "a_link").symlink_to("a_file")
    before = sorted(place.rglob("*"))
    monkeypatch.setenv("RAW_DATA_DIR", "landing")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(build, "home", lambda: place)
    for command in (build.main, export.main):
        assert command([]) == 1
        output = capsys.readouterr().out
        assert output.startswith("Nothing was done. Please mend these settings:\n  - ")
        assert said in output
        assert output.count("\n") == 2, "one problem, in one line"
    assert sorted(place.rglob("*")) == before


def test_what_is_not_set_or_empty_has_its_default(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_environment()
    for name in settings.ENVIRONMENT:
        monkeypatch.setenv(name, "")
    assert read_environment() == found
    assert (str(found.warehouse), str(found.published)) == ("warehouse.duckdb", "published/marts.duckdb")
    assert (found.landing, found.is_demo, found.versions_kept) == (settings.DEMO_FOLDER, True, 5)


@pytest.mark.parametrize("folder", ['it\'s a "place"', "b\\s", "st*r [1]", "\u00fcn\u00ef", "{{ x }}"])
@pytest.mark.parametrize("file", ["warehouse.duckdb", "no_ending", "a b-c_1.db", "\u0645\u062e\u0632\u0646.duckdb"])
def test_names_that_duckdb_reads_in_one_way_are_taken(
    place: Path, monkeypatch: pytest.MonkeyPatch, folder: str, file: str
) -> None:
    monkeypatch.setenv("WAREHOUSE_PATH", f"{folder}/{file}")
    monkeypatch.setenv("PUBLISHED_PATH", f"{folder}/published/{file}")
    assert read_environment().warehouse == Path(folder, file)
    Path(folder).mkdir()
    with duckdb.connect(f"{folder}/{file}") as connection:
        assert connection.execute("select current_database()").fetchone() == (Path(file).stem,)


def test_no_warehouse_is_called_as_a_schema() -> None:
    manifest = harness.manifest()
    schemas = {node["schema"] for node in (*manifest["nodes"].values(), *manifest["sources"].values())}
    assert "marts" in schemas and schemas <= settings.NO_WAREHOUSE


def test_dbt_s_defaults_are_those_of_the_commands() -> None:
    profile = (harness.PROJECT / "profiles.yml").read_text(encoding="utf-8")
    for name, default in re.findall(r"env_var\('(\w+)', ''\) or '(.*?)'", profile):
        assert settings.ENVIRONMENT[name]["default"] == default
    read = set(re.findall(r"env_var\('(\w+)'", profile))
    names = {
        "PGHOST",
        "PGUSER",
        "PGPASSWORD",
        "PGDATABASE",
        "SPARK_THRIFT_HOST",
        "SPARK_THRIFT_USER",
    }  # theirs to judge
    assert read - names <= settings.ENVIRONMENT.keys()


# -- make build TARGET=...


def test_a_target_that_is_none_is_refused(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        build.main(["--target", "oracle"])
    assert "invalid choice: 'oracle' (choose from 'duckdb', 'postgres'" in capsys.readouterr().err


def test_vars_are_checked_before_another_engine_is_landed_on(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(build, "land", lambda target: pytest.fail("landed"))
    assert build.main(["--target=postgres", "--vars={gross_margin: 80}"]) == 1
    assert "gross_margin is '80', which is out of its bounds" in capsys.readouterr().out


def test_dbt_itself_checks_vars_on_another_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGUSER", "PGDATABASE"):
        monkeypatch.setenv(name, "nobody")
    with pytest.raises(RuntimeError, match=r"gross_margin is '80', which is out of its bounds: use a number"):
        harness.dbt("parse", "--target", "postgres", "--vars", "{gross_margin: 80}")
