"""What an assistant is told, through the protocol: the marts' numbers or a refusal, and no more than it may see."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import yaml
from mcp import Client, StdioServerParameters, stdio_client

from warehouse.assistant import guarded_query, queries
from warehouse.assistant.answers import Answers, sentences
from warehouse.assistant.asked_periods import EXAMPLES
from warehouse.assistant.metrics import metrics
from warehouse.boards.words import LANGUAGES, read_words
from warehouse.catalog import read_marts

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "assistant.md").read_text(encoding="utf-8")
QUESTIONS = yaml.safe_load(Path(__file__).with_name("assistant_questions.yml").read_text(encoding="utf-8"))
EXAMPLES_OF_PAGE = [
    (json.loads(call), answer)
    for call, answer in re.findall(r"```json\n(\{\"tool\".*)\n```\n\n```text\n(.*)\n```", PAGE)
]
# What is refused beside what the questions show, and the names that are said to be near.
REFUSED = [
    ({"metric": "churn_rat"}, "unknown_metric", "churn_rate"),
    ({"metric": "churn_rate", "segment_type": "contry", "segment_value": "DE"}, "unknown_segment_type", "country"),
    ({"metric": "churn_rate", "segment_type": "country"}, "segment_value_needed", "DE"),
    ({"metric": "churn_rate", "segment_type": "country", "segment_value": "Germani"}, "unknown_segment", "DE"),
    ({"metric": "churn_rate", "segment_type": "country", "segment_value": "' or true --"}, "unknown_segment", None),
    ({"metric": "churn_rate", "period": "2025"}, "unclear_period", None),
    ({"metric": "churn_rate", "period": "2025-13"}, "unclear_period", None),
    ({"metric": "churn_rate", "period": "last; drop table x"}, "unclear_period", None),
    ({"metric": "churn_rate", "period": "1999-12"}, "no_such_period", None),
    ({"metric": "churn_rate", "period": "2023-01"}, "no_value", None),
]
CALLS = [
    *(("get_metric", arguments) for arguments, *_ in REFUSED),
    *((call["tool"], call["arguments"]) for call, _ in EXAMPLES_OF_PAGE),
    ("get_metric", {"metric": "churn_rate", "grain": "decade"}),
    ("get_metric", {"metric": "x" * 1_000}),
    ("list_metrics", {"language": "fa"}),
    ("list_segments", {"metric": "nps", "language": "ar"}),
    ("list_marts", {}),
    ("describe_mart", {"mart": "marts.rpt_churn_rates"}),
    ("describe_mart", {"mart": "rpt_churn_rate"}),
    ("query_mart", {"sql": "drop table marts.rpt_clv"}),
    ("query_mart", {"sql": "select * from marts.rpt_churn_rates, marts.rpt_nps", "rows": 3}),
]


def in_language(arguments: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {name: value[language] if isinstance(value, dict) else value for name, value in arguments.items()}


def call_of(question: Mapping, language: str) -> tuple[str, dict[str, Any]]:
    tool = question.get("tool", "get_metric")
    language_of = {"language": language} if tool == "get_metric" else {}
    return tool, {**in_language(question["call"], language), **language_of}


@pytest.fixture(scope="module")
def told(demo_build: SimpleNamespace) -> SimpleNamespace:
    """What a server of the demo business tells a client to every question and call of this file, in one session."""
    folder = demo_build.published.parent
    before = sorted(folder.iterdir()), demo_build.published.read_bytes()
    environment = {"PUBLISHED_PATH": str(demo_build.published), "SECRET": "of the environment"}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "warehouse.assistant"], cwd=PROJECT, env=environment
    )
    calls = [call_of(question, language) for question in QUESTIONS for language in LANGUAGES] + CALLS

    async def session() -> SimpleNamespace:
        async with Client(stdio_client(server)) as client:
            tools = (await client.list_tools()).tools
            results = [await client.call_tool(tool, arguments) for tool, arguments in calls]
        answers = {
            json.dumps(call): SimpleNamespace(failed=result.is_error, said=result.structured_content, text=str(result))
            for call, result in zip(calls, results, strict=True)
        }
        return SimpleNamespace(tools=tools, of=lambda tool, arguments: answers[json.dumps((tool, arguments))])

    found = asyncio.run(session())
    assert (sorted(folder.iterdir()), demo_build.published.read_bytes()) == before, "nothing was written"
    return found


@pytest.fixture(scope="module")
def marts(demo_build: SimpleNamespace) -> duckdb.DuckDBPyConnection:
    with duckdb.connect() as connection:  # one of its own, as a file that is open with other settings is not opened
        connection.execute(f"attach '{demo_build.published}' as marts (read_only)")
        connection.execute("use marts")
        yield connection


# -- answers


def test_there_are_sixty_questions() -> None:
    assert len(QUESTIONS) * len(LANGUAGES) == 60
    assert all(question[language] for question in QUESTIONS for language in LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("question", QUESTIONS, ids=[question["en"] for question in QUESTIONS])
def test_a_question_gets_the_number_of_the_marts_or_a_refusal(
    question: Mapping, language: str, told: SimpleNamespace, marts: duckdb.DuckDBPyConnection
) -> None:
    answer = told.of(*call_of(question, language)).said
    if "refused" in question:
        assert answer["refused"] == question["refused"]
        assert (language == "en") == answer["reason"].isascii()
        return
    right = marts.execute(question["right"]).fetchall()
    assert right and None not in right[0]
    if question.get("tool") == "query_mart":
        assert [tuple(row) for row in answer["rows"]] == right and not answer["has_more"]
        return
    assert answer["value"] == pytest.approx(float(right[0][0]), rel=1e-9)
    assert answer["definition"] == metrics()[answer["metric"]].definition
    assert answer["name"] == read_words()[language].label("metric", answer["metric"])
    assert answer["name"] in answer["answer"] and answer["segment"]["name"] in answer["answer"]
    interval, source = answer["interval"], answer["source"]
    assert interval is None or interval["lower"] <= answer["value"] <= interval["upper"]
    row = " and ".join(f"{column} = '{value}'" for column, value in source["row"].items())
    found = marts.execute(f"select {source['column']} from marts.{source['mart']} where {row}").fetchall()
    assert answer["value"] in [None if value is None else float(value) for (value,) in found]


def test_an_answer_compares_with_the_period_and_year_before(told: SimpleNamespace, marts: duckdb.DuckDBPyConnection):
    answer = told.of(*call_of(QUESTIONS[0], "en")).said
    rates = dict(
        marts.execute(
            "select cast(period_start as varchar), churn_rate from rpt_churn_rates "
            "where period_grain = 'month' and segment_type = 'all'"
        ).fetchall()
    )
    assert answer["period"] == {
        "grain": "month", "label": "2025-11", "start": "2025-11-01", "end": "2025-12-01", "name": "Nov 2025",
        "is_complete": True,
    }  # fmt: skip
    for name, start in (("period_before", "2025-10-01"), ("year_before", "2024-11-01")):
        compared = answer["compared_with"][name]
        assert (compared["start"], compared["value"]) == (start, rates[start])
        assert compared["change"] == pytest.approx(rates["2025-11-01"] - rates[start])
    assert answer["cases"] == 963 and answer["unit"] == "fraction" and answer["better"] == "down"
    assert answer["as_of"].startswith("2025-12-31")


def test_an_open_period_says_so(told: SimpleNamespace) -> None:
    question = next(question for question in QUESTIONS if question["call"].get("include_open_period"))
    answer = told.of(*call_of(question, "en")).said
    assert answer["period"]["is_complete"] is False and "is not over" in answer["answer"]


@pytest.mark.parametrize(("arguments", "code", "near"), REFUSED, ids=[f"{code} {a}" for a, code, _ in REFUSED])
def test_a_refusal_names_what_may_be_meant(arguments: dict, code: str, near: str | None, told: SimpleNamespace) -> None:
    answer = told.of("get_metric", arguments)
    assert not answer.failed and answer.said["refused"] == code and answer.said["reason"]
    assert near is None or near in answer.said["nearest"]


@pytest.mark.parametrize(("call", "answer"), EXAMPLES_OF_PAGE, ids=[answer for _, answer in EXAMPLES_OF_PAGE])
def test_the_examples_of_the_page_are_true(call: dict, answer: str, told: SimpleNamespace) -> None:
    said = told.of(call["tool"], call["arguments"]).said
    assert answer == (said.get("answer") or said.get("reason") or said.get("refused"))


def test_the_page_has_every_tool_and_refusal(told: SimpleNamespace) -> None:
    assert len(EXAMPLES_OF_PAGE) == 4
    assert all(f"`{tool.name}`" in PAGE and tool.annotations.read_only_hint for tool in told.tools)
    not_refusals = {"answer", "answer_with_interval", "still_open", "nearest"}
    assert [code for code in sentences() if code not in not_refusals and f"`{code}`" not in PAGE] == []


def test_every_sentence_says_the_same_in_each_language() -> None:
    for code, sentence in sentences().items():
        assert set(sentence) == set(LANGUAGES), code
        assert len({frozenset(re.findall(r"{(\w+)}", text)) for text in sentence.values()}) == 1, code


def test_what_can_be_asked_is_listed(told: SimpleNamespace, demo_build: SimpleNamespace) -> None:
    listed = {metric["metric"]: metric for metric in told.of("list_metrics", {"language": "fa"}).said["metrics"]}
    of_changes = {"joiner_churn_rate"}  # rpt_change_effects has it, by change and not by period
    labelled = read_words()["en"].keys_of("metric")
    assert list(listed) == list(metrics()) == [key for key in labelled if key not in of_changes]
    assert listed["nps"]["name"] == "شاخص خالص مروجان (NPS)" and listed["nps"]["has_interval"]
    assert listed["mrr_end"]["unit"] == "USD" and not listed["mrr_end"]["has_interval"]
    assert listed["clv"]["grains"] == ["month"]
    segments = told.of("list_segments", {"metric": "nps", "language": "ar"}).said["segments"]
    assert {"value": "DE", "name": "البلد: ألمانيا"} in segments["country"]
    marts = {mart["mart"]: mart for mart in told.of("list_marts", {}).said["marts"]}
    assert marts["rpt_churn_rates"]["can_be_queried"] and not marts["dim_customers"]["can_be_queried"]
    assert all(mart["answers"].endswith("?") and mart["grain"] for mart in marts.values())
    described = told.of("describe_mart", {"mart": "marts.rpt_churn_rates"}).said
    assert described["grain"] and described["null_means"] and described["currency"] == "USD"
    assert {column["name"] for column in described["columns"]} >= {"churn_rate", "churn_rate_lower"}
    assert "rpt_churn_rates" in told.of("describe_mart", {"mart": "rpt_churn_rate"}).said["nearest"]


def test_every_metric_has_its_columns(demo_build: SimpleNamespace) -> None:
    """One answer of each: SQL that fails, or a metric whose report has gone, would be found here."""
    with Answers(demo_build.published, "en") as answers:
        for metric in metrics().values():
            assert answers._figures(metric, metric.grains[-1], "all", "all"), metric.key
            assert all(figure.start for figure in answers._figures(metric, "month", "all", "all"))
        assert {len(answers._periods(grain)) > 1 for grain in EXAMPLES} == {True}


# -- what it must not


SECRET = "what nobody may read"
HOSTILE = [
    "select 1; drop table marts.rpt_clv",
    "drop table marts.rpt_clv",
    "create table marts.x as select 1",
    "create temp table x as select 1",
    "insert into marts.rpt_clv select * from marts.rpt_clv",
    "copy marts.rpt_clv to '{place}/stolen.csv'",
    "copy (select 1) to '{place}/stolen.csv'",
    "export database '{place}/stolen'",
    "attach '{place}/other.duckdb' as other",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('{place}/secret.txt')",
    "select * from '{place}/secret.txt'",
    "select * from glob('/*')",
    "from query('select 1')",
    "from query_table('dim_customers')",
    "from duckdb_settings()",
    "from duckdb_secrets()",
    "from pragma_database_list",
    "with duckdb_tables as (from duckdb_tables) from duckdb_tables",
    "from information_schema.tables",
    "select current_setting('memory_limit')",
    "pragma database_list",
    "set enable_external_access = true",
    "reset lock_configuration",
    "install httpfs",
    "load httpfs",
    "call duckdb_tables()",
    "describe marts.dim_customers",
    "show tables",
    "explain analyze select 1",
    "select customer_id from marts.fct_churn_events",
    "select (select max(customer_id) from main.dim_customers)",
    "with dim_customers as (select * from dim_customers) select * from dim_customers",
    "with recursive dim_customers as (select * from dim_customers union all select * from dim_customers) "
    "from dim_customers",
    "select * from marts.rpt_clv where exists (select 1 from marts.fct_survey_responses)",
    "select 1) as asked; drop table marts.rpt_clv; --",
    "select 1 " + "-- long\n" * 10_000,
    "select",
    "",
    "\x00",
]


def ask(demo_build: SimpleNamespace, sql: str, rows: int = 10) -> dict[str, Any]:
    with Answers(demo_build.published, "en") as answers:
        tables = [name for name, mart in answers.marts.items() if queries.can_be_asked(mart)]
    return guarded_query.answer({"database": str(demo_build.published), "sql": sql, "tables": tables, "rows": rows})


@pytest.mark.parametrize("sql", HOSTILE, ids=[sql[:60] for sql in HOSTILE])
def test_whatever_is_no_select_over_the_marts_is_refused(sql: str, demo_build: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text(SECRET)
    answer = ask(demo_build, sql.replace("{place}", str(tmp_path)))
    assert set(answer) == {"refused"} and "Connection" not in answer["refused"] and SECRET not in answer["refused"]
    assert [file.name for file in tmp_path.iterdir()] == ["secret.txt"]


def test_the_connection_itself_reads_nothing_else(demo_build: SimpleNamespace, tmp_path: Path) -> None:
    """What would hold if a query got past the look at it."""
    (tmp_path / "secret.txt").write_text("secret")
    with duckdb.connect(str(demo_build.published), read_only=True, config=guarded_query.CONFIG) as connection:
        secret = tmp_path  # a variable must be no table  # noqa: F841
        for sql in (
            f"select * from read_text('{tmp_path}/secret.txt')", f"copy (select 1) to '{tmp_path}/stolen.csv'",
            f"attach '{tmp_path}/other.duckdb'", "set enable_external_access = true", "set memory_limit = '9GB'",
            "reset lock_configuration", "load httpfs", "drop table marts.rpt_clv", "from secret",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error):
                connection.execute(sql)
    assert [file.name for file in tmp_path.iterdir()] == ["secret.txt"]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("with asked as (select 1 as x) select x from asked", [[1]]),
        ("select 'a;b' as x -- the end", [["a;b"]]),
        ("select sum(i) from range(5) as r(i);", [[10]]),
        ("select repeat('x', 2000)", [["x" * 1000 + "..."]]),
        ("select date '2025-01-01', null, 1.5::decimal(9, 2), true", [["2025-01-01", None, 1.5, True]]),
        ("select 'nan'::double, 'inf'::double", [[None, None]]),
    ],
)  # fmt: skip
def test_a_select_is_answered(sql: str, rows: list, demo_build: SimpleNamespace) -> None:
    assert ask(demo_build, sql)["rows"] == rows


def test_an_answer_is_no_longer_than_a_model_can_read(demo_build: SimpleNamespace) -> None:
    answer = ask(demo_build, "select repeat('x', 900) as a, repeat('y', 900) as b from range(200)", rows=200)
    assert answer["has_more"] and 100 < len(answer["rows"]) < 120


def test_a_query_that_never_ends_is_ended(demo_build: SimpleNamespace) -> None:
    endless = "select max(a.range * b.range % 7) from range(10000000) as a, range(10000000) as b"
    assert "longer than 2 seconds" in queries.run_query(demo_build.published, {}, endless, seconds=2)["refused"]
    too_much = "select list(range) from range(1000000000)"
    assert "more memory" in queries.run_query(demo_build.published, {}, too_much, seconds=20)["refused"]
    deep = "select " + "(" * 9_000 + "1" + ")" * 9_000
    assert {"rows", "refused"} & set(queries.run_query(demo_build.published, {}, deep)), "and the server lives"


def test_the_process_of_a_query_is_given_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    (tmp_path / "seen.py").write_text("import json, os; print(json.dumps(sorted(os.environ)))")
    monkeypatch.setattr(queries, "PROGRAM", tmp_path / "seen.py")
    assert set(queries.run_query(tmp_path / "marts.duckdb", {}, "select 1")) <= {"LC_CTYPE"}  # Python's own


def test_many_rows_are_cut_and_a_wrong_argument_is_said(told: SimpleNamespace) -> None:
    crossed = told.of("query_mart", {"sql": "select * from marts.rpt_churn_rates, marts.rpt_nps", "rows": 3}).said
    assert len(crossed["rows"]) == 3 and crossed["has_more"] and len(crossed["columns"]) > 40
    assert told.of("query_mart", {"sql": "drop table marts.rpt_clv"}).said["refused"] == (
        "Only one select statement can be run."
    )
    wrong = told.of("get_metric", {"metric": "churn_rate", "grain": "decade"})
    assert told.of("get_metric", {"metric": "x" * 1_000}).failed
    assert wrong.failed and "'day', 'week', 'month', 'quarter' or 'year'" in wrong.text


def test_no_mart_about_one_customer_can_be_queried(marts: duckdb.DuckDBPyConnection) -> None:
    asked = [mart for mart in read_marts(marts).values() if queries.can_be_asked(mart)]
    assert len(asked) > 40
    ids = {row for (row,) in marts.execute("select customer_id from dim_customers where customer_id <> ''").fetchall()}
    for mart in asked:
        for column in mart.columns:
            if column.data_type == "VARCHAR":
                query = f'select distinct "{column.name}" from {mart.relation} where "{column.name}" is not null'
                assert not ids & {value for (value,) in marts.execute(query).fetchall()}, (mart.name, column.name)
