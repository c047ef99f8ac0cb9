"""Staging: what a raw value becomes, which rows go to quarantine and why, and which version of a row counts."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import harness
import pytest
import yaml

from warehouse.landing import CONTRACT_FILE

RAW_TABLES = {table["name"]: table for table in yaml.safe_load(CONTRACT_FILE.read_text())["sources"][0]["tables"]}
QUALITY = ("rpt_event_reconciliation", "rpt_quarantine")
EVENT = {"event_id": "e1", "customer_id": "c1", "subscription_id": "s1", "event_type": "started",
         "occurred_at": "2024-03-01"}  # fmt: skip


def stage(folder: Path, **settings: object) -> duckdb.DuckDBPyConnection:
    """Land the folder and run the staging models and the quality marts in memory."""
    connection = duckdb.connect()
    harness.build_on(connection, folder, QUALITY, settings)
    return connection


def stage_rows(folder: Path, tables: dict, **settings: object) -> duckdb.DuckDBPyConnection:
    harness.write_landing(folder, {"subscription_events": [], "customers": [], **tables})
    return stage(folder, **settings)


def staging_models(connection: duckdb.DuckDBPyConnection) -> list[str]:
    find = "select table_name from information_schema.tables where table_name like 'stg_%' order by 1"
    return [name for (name,) in connection.execute(find).fetchall()]


# -- every check of the contract: a row that fails it, and one just inside that passes

PLAIN = {"text": "x", "code": "x", "currency": "", "timestamp": "2024-03-01", "date": "2024-03-01",
         "month": "2024-03", "decimal": "1", "rate": "1", "integer": "1", "double": "1", "boolean": "true"}  # fmt: skip
UNREADABLE = {"timestamp": "soon", "date": "2024-02-30", "month": "2024-13", "decimal": "ten",
              "rate": "1,5", "integer": "1.5", "double": "many", "boolean": "perhaps"}  # fmt: skip
READABLE = {"timestamp": "2024-02-29T23:59:59.999999Z", "date": "2024-02-29", "month": "2024/2", "decimal": "1e1",
            "rate": "0.5", "integer": "2.0", "double": "-1e-3", "boolean": " Yes\u00a0"}  # fmt: skip
SURVEY_SCORES = [
    ("nps", "-1", "score_out_of_range"), ("nps", "0", None), ("nps", "10", None), ("nps", "11", "score_out_of_range"),
    ("csat", "0", "score_out_of_range"), ("csat", "1", None), ("csat", "5", None), ("csat", "6", "score_out_of_range"),
    ("ces", "0", "score_out_of_range"), ("ces", "1", None), ("ces", "7", None), ("ces", "8", "score_out_of_range"),
    ("nps", "9.5", "score_not_whole"), ("csat", "4.0", None), ("ces", "", None), ("nps", "five", "unreadable_score"),
]  # fmt: skip


def cases(table: dict) -> list[tuple[dict, str | None]]:
    """(fields that differ from a plain row, reason or None)."""
    found: list[tuple[dict, str | None]] = [({}, None)]
    for column in table["columns"]:
        name, data_type = column["name"], column["data_type"]
        meta = column.get("config", {}).get("meta", {})
        found.append(({name: ""}, f"missing_{name}" if meta.get("required") else None))
        if data_type in UNREADABLE:
            before = {"starts_on": "2024-01-01"} if name == "ends_on" else {}
            found.append(({name: UNREADABLE[data_type]}, f"unreadable_{name}"))
            found.append(({**before, name: READABLE[data_type]}, None))
        if "accepted" in meta:
            found += [({name: value}, None) for value in meta["accepted"]]
            found += [({name: f"\u00a0{value.title()} "}, None) for value in meta["accepted"]]
            found += [({name: value}, f"unknown_{name}") for value in ("other", f"{meta['accepted'][0]}.")]
        if meta.get("minimum") == 0:
            negative = "-1" if data_type == "integer" else "-0.000001"
            found += [({name: negative}, f"negative_{name}"), ({name: "0"}, None)]
        elif "minimum" in meta:
            too_small = meta["minimum"] / 2 if "above" in meta else meta["minimum"] - 1
            found += [({name: str(too_small)}, f"too_small_{name}"), ({name: str(meta["minimum"])}, None)]
        if "above" in meta:
            found += [({name: str(meta["above"])}, f"not_positive_{name}"), ({name: "-1"}, f"not_positive_{name}")]
            found.append(({name: str(meta["above"] + 1e-9)}, None))
        if "maximum" in meta:
            largest = str(meta["maximum"])
            found += [({name: f"{largest}.000000001"}, f"too_large_{name}"), ({name: largest}, None)]
        if meta.get("money"):
            time = table["config"]["meta"]["own_time"]
            late = "2024-02-29 23:59:59" if time.endswith("_at") else "2024-02-29"
            found += [
                ({name: "5", "currency": "XXX"}, "no_exchange_rate"),
                ({name: "5", "currency": "EUR", time: late}, "no_exchange_rate"),
                ({name: "5", "currency": "EUR", time: "2024-03-01"}, None),
                ({name: "5", "currency": "eur", time: "2024-03-02"}, None),
                ({name: "5", "currency": " Usd\u202f", time: late}, None),
            ]
    if table["name"] == "subscription_events":
        found.append(({"amount": "", "currency": "XXX"}, None))
    if table["name"] == "contracts":
        found += [
            ({"starts_on": "2024-03-02", "ends_on": "2024-03-01"}, "ends_before_start"),
            ({"starts_on": "2024-03-01", "ends_on": "2024-03-01"}, None),
        ]
    if table["name"] == "survey_responses":
        found += [({"survey_type": kind, "score": score}, reason) for kind, score, reason in SURVEY_SCORES]
        found += [
            ({"score": "5", "responded_at": ""}, "score_without_answer_time"),
            ({"score": "", "responded_at": ""}, None),
        ]
    return found


def plain_row(table: dict, number: int) -> dict:
    """A row that passes every check, with a key of its own."""
    row = {}
    for column in table["columns"]:
        meta = column.get("config", {}).get("meta", {})
        if column["name"] == "score":
            row["score"] = ""  # its range depends on the type of survey
        elif column["name"] == "ends_on":
            row["ends_on"] = "9999-12-30"  # after any starts_on
        elif "accepted" in meta:
            row[column["name"]] = meta["accepted"][0]
        elif meta.get("required") and column["data_type"] in ("text", "code", "currency"):
            row[column["name"]] = f"K{number}"
        else:
            row[column["name"]] = PLAIN[column["data_type"]]
    return row


@pytest.fixture(scope="module")
def checked(tmp_path_factory) -> duckdb.DuckDBPyConnection:
    """Every case of every table, staged together."""
    tables = {
        name: [plain_row(table, number) | fields for number, (fields, _) in enumerate(cases(table))]
        for name, table in RAW_TABLES.items()
    }
    tables["exchange_rates"].append({"rate_date": "2024-03-01", "currency": "EUR", "rate_to_reporting": "1.1"})
    return stage_rows(tmp_path_factory.mktemp("checked"), tables)


@pytest.mark.parametrize("name", RAW_TABLES)
def test_each_check_rejects_the_row_that_fails_it_and_no_other(checked, name):
    expected = Counter(reason for _, reason in cases(RAW_TABLES[name]) if reason)
    rejected = checked.execute("select reason from marts.rpt_quarantine where raw_table = ?", [name]).fetchall()
    assert Counter(reason for (reason,) in rejected) == expected
    counts = checked.execute("select * from marts.rpt_event_reconciliation where raw_table = ?", [name]).fetchone()
    rows = len(cases(RAW_TABLES[name])) + (name == "exchange_rates")
    assert counts == (name, rows, rows - expected.total(), 0, expected.total())


# -- what a value becomes

# Text -> the UTC time that it is, or the end of the reason why it is not read: its layout, where that has a name.
TIMES = {
    "2024-03-01": datetime(2024, 3, 1),
    "2024-03-01 10:00:00": datetime(2024, 3, 1, 10),
    "2024-03-01T10:00:00": datetime(2024, 3, 1, 10),
    "2024-03-01T10:00:00Z": datetime(2024, 3, 1, 10),
    "2024-03-01 10:00:00+02:00": datetime(2024, 3, 1, 8),
    "2024-03-01T10:00:00-05:30": datetime(2024, 3, 1, 15, 30),
    "2024-03-01 10:00:00 +0200": datetime(2024, 3, 1, 8),
    "2024-03-01 10:00:00 UTC": datetime(2024, 3, 1, 10),
    "2024-03-01 10:00:00.123456": datetime(2024, 3, 1, 10, 0, 0, 123456),
    " 2024-03-01 ": datetime(2024, 3, 1),
    "\u00a02024-03-01 10:00:00\u202f\t": datetime(2024, 3, 1, 10),
    "1900-01-01": datetime(1900, 1, 1),
    "9999-12-30": datetime(9999, 12, 30),
    "0001-01-01": "",
    "1899-12-31 23:59:59": "",
    "9999-12-31": "",
    "infinity": "",
    "-infinity": "",
    "epoch": "",
    "2024-02-30": "",
    "2024-02-30 10:00:00 UTC": "",
    "2024-03-01 24:00:00": "",
    "now": "",
    "today": "",
    "maybe 5": "",
    "{{ run_started_at }}": "",
    "'; drop schema staging cascade; --": "",
    "31/01/2024": "_day_first",
    "31.1.24 10:00": "_day_first",
    "01/31/2024": "_month_first",
    "1-31-2024": "_month_first",
    "01/02/2024": "_day_or_month_first",
    "01/02/2024 1:00 PM": "_day_or_month_first",
    "Jan 5, 2024": "_month_name",
    "5 January 2024": "_month_name",
    "05-Jan-24": "_month_name",
    "Fri, 05 Jan 2024 10:00:00 GMT": "_month_name",
    "2024-01-05 1:00:00 PM": "_twelve_hour_clock",
    "2024-01-15 10:00:00 Asia/Tokyo": "_zone_name",
    "2024-01-15 10:00:00 EST": "_zone_name",
    "2024-01-15 10:00:00 (CET)": "_zone_name",
    "2024-01-15T10:00:00+09:00[Asia/Tokyo]": "_zone_name",
    "2024-01-15 10:00:00 Asia/Novosibirsk": "_zone_name",
    "2024-01-15 10:00:00 Etc/GMT+5": "_zone_name",
    "2024-01": "_month_only",
    "20240105": "_no_separators",
    "20240105T101500Z": "_no_separators",
    "20240105101500": "_no_separators",
    "1709287200": "_unix_time",
    "1709287200000": "_unix_time",
}


@pytest.fixture(scope="module")
def timed(tmp_path_factory) -> duckdb.DuckDBPyConnection:
    events = [EVENT | {"event_id": f"t{number}", "occurred_at": text} for number, text in enumerate(TIMES)]
    usage = [{"customer_id": f"t{number}", "used_on": text, "usage_count": "1"} for number, text in enumerate(TIMES)]
    return stage_rows(tmp_path_factory.mktemp("timed"), {"subscription_events": events, "product_usage": usage})


@pytest.mark.parametrize("text", TIMES)
def test_a_time_is_read_in_utc_or_not_at_all(timed, text):
    row, becomes = f"t{list(TIMES).index(text)}", TIMES[text]
    is_read = isinstance(becomes, datetime)
    read = timed.execute("select occurred_at from staging.stg_billing__subscription_events where event_id = ?", [row])
    assert read.fetchall() == ([(becomes,)] if is_read else [])
    day = timed.execute("select used_on from staging.stg_product__product_usage where customer_id = ?", [row])
    assert day.fetchall() == ([(becomes.date(),)] if is_read else [])
    quarantine = "select raw_table, reason from marts.rpt_quarantine where split_part(row_key, '|', 1) = ?"
    reasons = timed.execute(f"{quarantine} order by 1", [row]).fetchall()
    unreadable = [("product_usage", f"unreadable_used_on{becomes}"),
                  ("subscription_events", f"unreadable_occurred_at{becomes}")]  # fmt: skip
    assert reasons == ([] if is_read else unreadable)


def test_a_month_is_read_as_its_first_day(tmp_path):
    months = ["2024-01", " 2024/2 ", "2024-03-15", "2024-04-01 10:00:00", "2024-13", "2024", "01/2024"]
    costs = [{"month": text, "acquisition_channel": str(row), "cost": "1"} for row, text in enumerate(months)]
    connection = stage_rows(tmp_path, {"acquisition_costs": costs})
    read = connection.execute("select month from staging.stg_marketing__acquisition_costs order by 1").fetchall()
    assert read == [(date(2024, 1, 1),), (date(2024, 2, 1),), (date(2024, 3, 15),), (date(2024, 4, 1),)]
    assert connection.execute("select distinct reason from marts.rpt_quarantine").fetchall() == [("unreadable_month",)]


# How the n-th of many rows ends: DuckDB's cast to a time with a zone keeps the zone of a name for the rows after it.
ZONES = ["", "", " Asia/Tokyo", "", "+09:00", "", " EST", "Z", " CET", "", "-05:00", "", " America/New_York", ""]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_zone_is_that_of_its_own_row_alone(tmp_path, kind):
    texts = [f"2024-01-31 22:{row // 60 % 60:02}:{row % 60:02}{ZONES[row % len(ZONES)]}" for row in range(9000)]
    events = [EVENT | {"event_id": str(row), "occurred_at": text, "loaded_at": text} for row, text in enumerate(texts)]
    harness.write_landing(tmp_path, {"customers": [], "subscription_events": events})
    if kind == "parquet":
        file = tmp_path / "subscription_events.csv"
        duckdb.execute(f"copy (from read_csv('{file}', all_varchar = true)) to '{file.with_suffix('.parquet')}'")
        file.unlink()
    connection = stage(tmp_path)
    found = connection.execute("select event_id, occurred_at, loaded_at from staging.stg_billing__subscription_events")
    offsets = {"": 0, "Z": 0, "+09:00": 9, "-05:00": -5}
    wanted = {
        str(row): datetime.fromisoformat(text[:19]) - timedelta(hours=offsets[text[19:]])
        for row, text in enumerate(texts)
        if text[19:] in offsets
    }
    assert {event: (occurred, loaded) for event, occurred, loaded in found.fetchall()} == {
        event: (time, time) for event, time in wanted.items()
    }
    reasons = connection.execute("select distinct reason from marts.rpt_quarantine").fetchall()
    assert reasons == [("unreadable_occurred_at_zone_name",)]


@pytest.mark.parametrize("type_name", ["date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"])
def test_a_typed_time_needs_no_time_zone(type_name):
    time = harness.compiled_inline("select {{ as_contract_type('moment', 'timestamp') }} as moment from times")

    def plan(data_type: str) -> str:
        with duckdb.connect() as connection:
            connection.execute(f"create table times as select cast('2024-03-01' as {data_type}) as moment")
            assert connection.execute(time).fetchall() == [(datetime(2024, 3, 1),)]
            return connection.execute(f"explain (format json) {time}").fetchone()[1]

    assert "TIME ZONE" in plan("varchar")
    assert "TIME ZONE" not in plan(type_name)


TYPED = {
    "subscription_events": "select 'e' || i as event_id, 'c1' as customer_id, 's1' as subscription_id, 'renewed' "
    "as event_type, timestamptz '2024-03-01 10:00:00+02:00' + to_hours(i) as occurred_at, cast(9.99 + i as "
    "decimal(9, 2)) as amount, cast(2 as tinyint) as billing_interval_count, 1.5::double + i as quantity, "
    "timestamp_ns '2024-03-02 01:02:03.123456' as loaded_at",
    "customers": "select 'c' || i as customer_id, timestamp_s '2024-01-01 00:00:00' as created_at, "
    "timestamp_ms '2024-01-02 00:00:00' as loaded_at",
    "product_usage": "select i as customer_id, date '2024-02-29' as used_on, i::bigint as usage_count, 0.1::double "
    "as minutes",
    "campaign_contacts": "select i as contact_id, 'c1' as customer_id, 'x' as campaign, date '2024-03-01' as "
    "contacted_at, i = 1 as is_control",
    "targets": "select 'nps' as metric, 'month' as period_grain, date '2024-01-01' + i::integer as period_start, "
    "0.1::double * i as target",
    "exchange_rates": "select date '2024-01-01' as rate_date, 'eur' as currency, 1.123456789::decimal(18, 9) as "
    "rate_to_reporting",
}


def typed_select(table: str, as_text: bool) -> str:
    """The same rows, typed or as text."""
    select = f"{TYPED[table]} from range(3) numbers(i)"
    return f"select cast(columns(*) as varchar) from ({select})" if as_text else select


def test_typed_parquet_text_parquet_and_csv_give_the_same_rows(tmp_path):
    kinds = {"typed": ("parquet", False), "text": ("parquet", True), "csv": ("csv", True)}
    found = {}
    for kind, (extension, as_text) in kinds.items():
        folder = tmp_path / kind
        folder.mkdir()
        with duckdb.connect() as writer:
            writer.execute("set TimeZone = 'UTC'")
            for table in TYPED:
                writer.execute(f"copy ({typed_select(table, as_text)}) to '{folder}/{table}.{extension}'")
        connection = stage(folder)
        found[kind] = {
            model: connection.execute(f"select * from staging.{model} order by all").fetchall()
            for model in staging_models(connection)
        }
        assert connection.execute("select * from marts.rpt_quarantine").fetchall() == []
    assert found["typed"] == found["csv"] and found["text"] == found["csv"]
    assert len(found["csv"]["stg_billing__subscription_events"]) == 3
    assert found["csv"]["stg_billing__exchange_rates"][0][0] == date(2024, 1, 1)


@pytest.mark.parametrize("value", ["null::integer", "7", "[1, 2]", "{'a': 1}", "date 'infinity'", "'x'::blob"])
def test_a_column_of_a_strange_type_stops_nothing(tmp_path, value):
    harness.write_landing(tmp_path, {"subscription_events": []})
    select = f"select 'c1' as customer_id, {value} as country, {value} as created_at"
    duckdb.execute(f"copy ({select}) to '{tmp_path}/customers.parquet'")
    reasons = stage(tmp_path).execute("select reason from marts.rpt_quarantine").fetchall()
    assert reasons == ([] if value.startswith("null") else [("unreadable_created_at",)])


# -- the moment of the reports


@pytest.mark.parametrize(
    ("times", "moment", "lifecycle"),
    [
        (["2024-03-01", "2999-01-01", "1970-01-01"], datetime(2024, 3, 1), "subscription"),
        (["2999-01-01"], None, "subscription"),
        ([], None, "activity"),
    ],
)
def test_the_moment_is_the_latest_event_that_is_not_later_than_now_else_now(tmp_path, times, moment, lifecycle):
    events = [EVENT | {"event_id": str(row), "occurred_at": time} for row, time in enumerate(times)]
    harness.write_landing(tmp_path, {"subscription_events": events, "customers": []})
    with duckdb.connect() as connection:
        before = datetime.now(UTC).replace(tzinfo=None)
        harness.build_on(connection, tmp_path, ["int_report_moment"], {})
        found = connection.execute("select as_of, lifecycle from intermediate.int_report_moment").fetchone()
    after = datetime.now(UTC).replace(tzinfo=None)
    assert found[1] == lifecycle
    assert found[0] == moment if moment else before <= found[0] <= after


# -- the quarantine


def test_a_quarantined_row_is_json_without_personal_data(tmp_path):
    value = 'say "hi" \\ back\r\n\ttab \x01 {{ x }} é'
    rows = [{"customer_id": value, "created_at": "soon", "email": "ann@example.com", "owner": "Mei"}]
    event = EVENT | {"occurred_at": "soon", "reason_text": "write to ann@example.com or +1 555 010 0199"}
    connection = stage_rows(tmp_path, {"customers": rows, "subscription_events": [event]})
    kept = connection.execute("select raw_row from marts.rpt_quarantine order by raw_table").fetchall()
    assert json.loads(kept[0][0]) == {"customer_id": value, "created_at": "soon", "owner": "Mei"}
    assert json.loads(kept[1][0])["reason_text"] == "write to [e-mail] or [number]"


def test_every_line_of_a_broken_file_is_accounted_for(tmp_path):
    harness.write_landing(tmp_path, {"subscription_events": []})
    lines = [b"c1,2024-01-01", b"c2,someday", b"c3", b"c1,2024-01-01", b"c4,\x81", b',"2024-01-01"', b'c5,"x']
    (tmp_path / "customers.csv").write_bytes(b"customer_id,created_at\n" + b"\n".join(lines))
    connection = stage(tmp_path)
    counts = connection.execute("select * from marts.rpt_event_reconciliation where raw_table = 'customers'").fetchone()
    assert counts == ("customers", 7, 1, 1, 5)
    quarantine = connection.execute("select row_key, reason from marts.rpt_quarantine order by all").fetchall()
    assert quarantine == [
        ("?", "missing_customer_id"),
        ("c2", "unreadable_created_at"),
        ("line 4", "unreadable_line"),
        ("line 6", "unreadable_line"),
        ("line 8", "unreadable_line"),
    ]


# -- versions of one row

VERSIONS = [
    # the latest loaded_at counts; without one, the row's own time
    ({"amount": "1", "loaded_at": "2024-03-05"}, {"amount": "9", "loaded_at": "2024-03-04"}, "1"),
    ({"amount": "1", "occurred_at": "2024-03-05"}, {"amount": "9", "loaded_at": "2024-03-04"}, "1"),
    ({"amount": "1", "loaded_at": "2024-03-05T00:30:00+02:00"}, {"amount": "9", "loaded_at": "2024-03-04 22:29"}, "1"),
    # then the greater content, column by column; a null is the smallest
    ({"amount": "10"}, {"amount": "9"}, "10"),
    ({"amount": "1"}, {"amount": ""}, "1"),
    ({"customer_id": "c2", "amount": "1"}, {"amount": "9"}, "1"),
    # a broken row is no version
    ({"amount": "1"}, {"amount": "-9", "loaded_at": "2024-03-04"}, "1"),
]


@pytest.mark.parametrize("turned", [False, True])
def test_the_latest_version_counts_in_any_order(tmp_path, turned):
    rows = [
        EVENT | {"event_id": str(number)} | version
        for number, (winner, other, _) in enumerate(VERSIONS)
        for version in ([other, winner] if turned else [winner, other])
    ]
    connection = stage_rows(tmp_path, {"subscription_events": rows})
    amounts = "select cast(amount as integer) from staging.stg_billing__subscription_events order by event_id"
    assert connection.execute(amounts).fetchall() == [(int(amount),) for _, _, amount in VERSIONS]


def test_file_order_never_changes_the_answer(tmp_path):
    generator = random.Random(7)
    events = [
        EVENT | {
            "event_id": f"e{generator.randint(1, 15)}",
            "amount": generator.choice(["", "1", "2", "-1"]),
            "plan_id": generator.choice(["", "a", "b"]),
            "loaded_at": generator.choice(["", "2024-03-01", "2024-04-01", "later"]),
        }
        for _ in range(80)
    ]  # fmt: skip
    used = {"customer_id": "c1", "used_on": "2024-03-01"}
    usage = [used | {"usage_count": str(number), "feature": generator.choice(["", "x"])} for number in range(20)]
    answers = []
    for shuffle in range(3):
        folder = tmp_path / str(shuffle)
        folder.mkdir()
        generator.shuffle(events)
        generator.shuffle(usage)
        connection = stage_rows(folder, {"subscription_events": events, "product_usage": usage})
        tables = ("staging.stg_billing__subscription_events", "staging.stg_product__product_usage",
                  "marts.rpt_event_reconciliation", "marts.rpt_quarantine")  # fmt: skip
        answers.append([connection.execute(f"select * from {table} order by all").fetchall() for table in tables])
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0][1]) == 2  # a null feature is one feature: the whole product


def test_rows_loaded_after_known_at_are_hidden_and_accepted(tmp_path):
    rows = [
        EVENT | {"amount": "1", "loaded_at": "2024-03-01 12:00:00"},
        EVENT | {"amount": "2", "loaded_at": "2024-03-01 12:00:01"},
        EVENT | {"event_id": "e2", "amount": "3", "occurred_at": "2024-03-02"},
        EVENT | {"event_id": "e3", "amount": "4", "occurred_at": "2024-03-01T14:00:00+02:00"},
        EVENT | {"event_id": "e4", "amount": "-5", "occurred_at": "2024-03-02"},
    ]
    plans = [{"plan_id": "basic"}]  # no time of its own: always known
    connection = stage_rows(tmp_path, {"subscription_events": rows, "plans": plans}, known_at="2024-03-01 12:00:00")
    events = "select event_id, cast(amount as integer) from staging.stg_billing__subscription_events order by 1"
    assert connection.execute(events).fetchall() == [("e1", 1), ("e3", 4)]
    counts = "select * from marts.rpt_event_reconciliation where raw_rows > 0 order by 1"
    assert connection.execute(counts).fetchall() == [("plans", 1, 1, 0, 0), ("subscription_events", 5, 4, 0, 1)]
