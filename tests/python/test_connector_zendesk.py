"""From Zendesk's tickets to support tickets and ratings, by hand, and beside a billing system through a build."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from warehouse.connectors.running import Report, write_landing

TABLES = {
    "ticket": """\
id,requester_id,organization_id,assignee_id,created_at,updated_at,status,priority,type,subject,description,_fivetran_synced
1,11,,21,2024-05-01T10:00:00Z,2024-05-09,closed,Urgent,problem,It crashes,Help,2024-06-01
2,11,100,21,2024-05-02T12:00:00+02:00,2024-05-03,solved,low,question,,,2024-06-01
2,11,100,21,2024-05-02T12:00:00+02:00,2024-05-02,open,low,question,,,2024-05-02
3,12,,,2024-05-03 08:00:00,2024-05-03,open,normal,,,,2024-06-01
4,13,200,22,2024-05-04,2024-05-06,waiting,,incident,,,2024-06-01
5,11,,,2024-05-04,2024-05-06,deleted,,,,,2024-06-01
6,11,,,4 May,2024-05-06,open,,,,,2024-06-01
7,,,,2024-05-04,2024-05-06,open,,,,,2024-06-01
8,21,,,2024-05-04,2024-05-06,open,,,,,2024-06-01
,11,,,2024-05-04,2024-05-06,open,,,,,2024-06-01
9,14,,21,2024-05-05,2024-05-06,open,high,question,,,2024-06-01
""",
    "user": """\
id,role,name,external_id,organization_id
11,end-user,Eve,c-eve,100
12,end-user,Fay,c-fay,
13,end-user,Gil,,
14,end-user,Hal,,
21,Agent,Ann,,
22,admin,Bob,,
""",
    "organization": "id,external_id\n100,c-acme\n200,\n",
    "ticket_comment": """\
id,ticket_id,created,public,user_id
a,1,2024-05-01 10:00:00,true,11
b,1,2024-05-01 10:05:00,false,21
c,1,2024-05-01 11:30:00,true,21
d,1,2024-05-01 11:00:00,true,11
e,2,2024-05-02 10:00:00,true,21
f,2,2024-05-02 10:40:00,true,22
g,2,soon,true,22
""",
    "ticket_field_history": """\
ticket_id,field_name,value,updated,user_id
1,status,solved,2024-05-07 09:00:00,21
1,status,new,2024-05-01 10:00:00,11
1,status,solved,2024-05-02 09:00:00,21
1,status,open,2024-05-03 09:00:00,11
1,status,closed,2024-05-09 00:00:00,
1,priority,urgent,2024-05-01 10:00:00,11
2,status,solved,2024-05-03,21
2,status,solved,2024-05-03,21
4,status,new,2024-05-04,13
4,status,solved,2024-05-05,22
4,status,waiting,2024-05-06,22
""",
    "satisfaction_rating": """\
id,ticket_id,created_at,updated_at,score,comment
r1,1,2024-05-08,2024-05-08T09:00:00Z,good,Thanks
r2,1,2024-05-07,2024-05-07,offered,
r3,2,2024-05-03,2024-05-03,offered,
r4,9,2024-05-06,2024-05-06,Bad,
r5,9,2024-05-06,2024-05-06,unoffered,
r6,5,2024-05-06,2024-05-06,good,
r7,9,then,2024-05-06,good,
""",
}
TICKET = (
    "ticket_id, customer_id, strftime(opened_at, '%d %H:%M'), strftime(first_response_at, '%d %H:%M'), "
    "strftime(closed_at, '%d %H:%M'), strftime(reopened_at, '%d %H:%M'), priority, category, agent"
)
RATING = "response_id, survey_type, customer_id, strftime(sent_at, '%d'), strftime(responded_at, '%d %H:%M'), score"


def land(place: Path, tables: dict[str, str]) -> Report:
    (place / "source").mkdir(parents=True)
    for name, rows in tables.items():
        (place / "source" / f"{name}.csv").write_text(rows)
    return write_landing("zendesk", str(place / "source"), place / "landing", "USD")


def landed(place: Path, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{place}/landing/{table}/*.parquet' order by 1").fetchall()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    place = tmp_path_factory.mktemp("zendesk") / "place"
    return place, land(place, TABLES)


def test_tickets_are_those_by_hand(desk: tuple[Path, Report]) -> None:
    assert landed(desk[0], "support_tickets", TICKET) == [
        ("1", "c-acme", "01 10:00", "01 11:30", "07 09:00", "03 09:00", "urgent", "problem", "Ann"),
        ("2", "c-acme", "02 10:00", "02 10:40", "03 00:00", None, "low", "question", "Ann"),
        ("3", "c-fay", "03 08:00", None, None, None, "normal", None, None),
        ("4", "200", "04 00:00", None, "05 00:00", "06 00:00", None, "incident", "Bob"),
        ("9", "14", "05 00:00", None, None, None, "high", "question", "Ann"),
    ]
    assert landed(desk[0], "support_tickets", "ticket_id, subject, body")[0] == ("1", "It crashes", "Help")


def test_ratings_are_those_by_hand(desk: tuple[Path, Report]) -> None:
    assert landed(desk[0], "survey_responses", f"{RATING}, comment, touchpoint, agent") == [
        ("r1", "csat", "c-acme", "08", "08 09:00", 5, "Thanks", "support_ticket", "Ann"),
        ("r3", "csat", "c-acme", "03", None, None, None, "support_ticket", "Ann"),
        ("r4", "csat", "14", "06", "06 00:00", 1, None, "support_ticket", "Ann"),
    ]


def test_every_row_is_used_or_set_aside(desk: tuple[Path, Report]) -> None:
    report = desk[1]
    assert report.read == {name: rows.count("\n") - 1 for name, rows in zip(report.read, TABLES.values(), strict=True)}
    assert report.set_aside == {
        ("tickets", "sent twice"): 1, ("tickets", "deleted"): 1, ("tickets", "a time that is none"): 1,
        ("tickets", "nobody asked"): 1, ("tickets", "asked by one's own people"): 1, ("tickets", "no id"): 1,
        ("ticket_comments", "a time that is none"): 1, ("ticket_field_history", "a field that is not read"): 1,
        ("ticket_field_history", "sent twice"): 1,
        ("satisfaction_ratings", "offered, and answered in another row"): 1,
        ("satisfaction_ratings", "a score that is not known"): 1, ("satisfaction_ratings", "a time that is none"): 1,
        ("satisfaction_ratings", "of a ticket that is not used"): 1,
    }  # fmt: skip
    assert report.warnings == [
        "2 tickets are of customers without an external_id: they have an id that only Zendesk knows"
    ]


def test_metrics_stand_for_comments_and_history_that_are_not_there(tmp_path: Path) -> None:
    place = tmp_path / "place"
    metrics = [
        {"ticket_id": 1, "solved_at": "2024-05-07T09:00:00Z", "reply_time_in_minutes": {"calendar": 90, "business": 5}},
        {"ticket_id": 3, "solved_at": None, "reply_time_in_minutes": {"calendar": None, "business": None}},
    ]
    (place / "source").mkdir(parents=True)
    (place / "source" / "ticket_metrics.jsonl").write_text("\n".join(map(json.dumps, metrics)))
    for name in ("ticket", "user", "organization"):
        (place / "source" / f"{name}s.csv").write_text(TABLES[name])
    report = write_landing("zendesk", str(place / "source"), place / "landing", "USD")
    times = [row[:1] + row[3:6] for row in landed(place, "support_tickets", TICKET)]
    assert times == [
        ("1", "01 11:30", "07 09:00", None), ("2", None, "03 00:00", None), ("3", None, None, None),
        ("4", None, None, None), ("9", None, None, None),
    ]  # fmt: skip
    assert [warning.split(":")[0] for warning in report.warnings] == [
        "2 tickets are of customers without an external_id",
        "1 tickets are solved, and neither ticket_field_history nor ticket_metrics says when",
    ]
    alone = land(tmp_path / "alone", {"ticket": TABLES["ticket"]})
    assert [warning.split(":")[0] for warning in alone.warnings] == [
        "6 tickets are of customers without an external_id",
        "2 tickets are solved, and neither ticket_field_history nor ticket_metrics says when",
        "no ticket has a first reply",
    ]
