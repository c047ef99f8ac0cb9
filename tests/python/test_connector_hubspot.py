"""From HubSpot's companies, tickets and mails, as two loaders have them, to what stands beside a billing system."""

from __future__ import annotations

import argparse
import json
import os
import re
from pathlib import Path

import duckdb
import harness
import pytest
import stripe_business

from warehouse.connectors import command
from warehouse.connectors.definition import CONNECTORS
from warehouse.connectors.running import Report, write_landing

FIVETRAN = {
    "deal_pipeline_stage": "stage_id,closed_won\nwon,true\nlost,false\n",
    "deal": "deal_id,deal_pipeline_stage_id,is_deleted\n1,won,false\n2,lost,false\n3,won,true\n4,won,false\n",
    "deal_company": "deal_id,company_id\n1,101\n2,102\n3,103\n4,\n",
    "company": """\
id,property_name,property_customer_id,property_createdate,property_country,property_industry,property_hs_analytics_source,property_hubspot_owner_id,property_lifecyclestage,is_deleted
100,Acme,cus_1,2024-01-05T10:00:00+02:00,DE,RETAIL,PAID_SEARCH,7,customer,false
101,Bolt,,2024-02-01,FR,,ORGANIC_SEARCH,8,Opportunity,false
102,Cask,,2024-02-02,,,,,lead,false
103,Dune,,2024-02-03,,,,,lead,false
104,Echo,cus_4,2024-02-04,,,,9,lead,false
105,Fern,cus_1,2024-01-01,AT,,,,customer,true
106,Gale,cus_1,2024-03-01,CH,,,,customer,false
,Hush,cus_9,2024-03-01,CH,,,,customer,false
100,Acme,cus_1,2024-01-05T10:00:00+02:00,DE,RETAIL,PAID_SEARCH,7,customer,false
""",
    "owner": "owner_id,first_name,last_name\n7,Ann,Lee\n8,,\n",
    "ticket_company": "ticket_id,company_id\n1,100\n2,102\n3,101\n4,104\n6,100\n7,106\n7,100\n",
    "ticket_pipeline_stage": "stage_id,is_closed\n1,false\n4,true\n",
    "ticket": """\
id,property_createdate,property_closed_date,property_first_agent_reply_date,property_hs_pipeline_stage,property_hs_ticket_category,property_hs_ticket_priority,property_hubspot_owner_id,property_subject,is_deleted
1,2024-05-01 10:00,2024-05-02 10:00,2024-05-01 12:00,4,BILLING_ISSUE,HIGH,7,Bill,false
2,2024-05-01,,,4,,,,,false
3,2024-05-03,2024-05-04,,1,,MEDIUM,9,,false
4,2024-05-03,,,1,,,,,true
5,2024-05-03,,,1,,,,,false
6,03.05.2024,,,1,,,,,false
7,2024-05-07,,,,,,,,false
""",
    "contact": """\
id,property_email,property_associatedcompanyid,_fivetran_deleted
1,Eve@acme.test,100,false
2,fay@cask.test,102,false
3,,100,false
4,gil@bolt.test,101,false
5,hal@acme.test,100,true
""",
    "email_campaign": "id,name,subject\n55,Spring,Hello\n56,,Summer sale\n",
    "email_event": """\
id,type,created,recipient,email_campaign_id,sent_by_id,filtered_event
m1,SENT,2024-06-01 08:00,eve@acme.test,55,,false
o2,OPEN,2024-06-01 10:00,eve@acme.test,55,m1,false
o1,OPEN,2024-06-01 09:00,EVE@acme.test,55,m1,false
o0,OPEN,2024-06-01 08:00:01,eve@acme.test,55,m1,true
k1,CLICK,2024-06-01 09:30,eve@acme.test,55,m1,false
d1,DELIVERED,2024-06-01 08:01,eve@acme.test,55,m1,false
m2,sent,1717300000000,Gil@Bolt.test,56,,false
m3,SENT,2024-06-02,gil@bolt.test,57,,false
m4,SENT,2024-06-02,hal@acme.test,55,,false
m5,SENT,2024-06-02,,55,,false
o9,OPEN,2024-06-02,eve@acme.test,55,m9,false
m6,SENT,never,eve@acme.test,55,,false
""",
}
CUSTOMER = "customer_id, strftime(created_at, '%m-%d %H:%M'), country, industry, acquisition_channel, owner"
TICKET = (
    "ticket_id, customer_id, strftime(opened_at, '%d %H:%M'), strftime(first_response_at, '%d %H:%M'), "
    "strftime(closed_at, '%d %H:%M'), priority, category, agent"
)
CONTACT = (
    "contact_id, customer_id, campaign, strftime(contacted_at, '%d %H:%M'), strftime(opened_at, '%d %H:%M'), "
    "strftime(clicked_at, '%d %H:%M'), channel"
)


def landed(place: Path, table: str, columns: str) -> list[tuple]:
    return duckdb.sql(f"select {columns} from '{place}/landing/{table}/*.parquet' order by 1").fetchall()


@pytest.fixture(scope="module")
def fivetran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    place = tmp_path_factory.mktemp("hubspot")
    (place / "source").mkdir()
    for name, rows in FIVETRAN.items():
        (place / "source" / f"{name}.csv").write_text(rows)
    return place, write_landing("hubspot", str(place / "source"), place / "landing", "USD")


def test_customers_are_companies_that_bought(fivetran: tuple[Path, Report]) -> None:
    assert landed(fivetran[0], "customers", CUSTOMER) == [
        ("101", "02-01 00:00", "FR", None, "organic_search", "8"),
        ("cus_1", "01-05 08:00", "DE", "RETAIL", "paid_search", "Ann Lee"),
        ("cus_4", "02-04 00:00", None, None, None, "9"),
    ]


def test_tickets_are_those_by_hand(fivetran: tuple[Path, Report]) -> None:
    """One that was opened again has a closing, and its stage says that it is open."""
    assert landed(fivetran[0], "support_tickets", TICKET) == [
        ("1", "cus_1", "01 10:00", "01 12:00", "02 10:00", "high", "billing_issue", "Ann Lee"),
        ("3", "101", "03 00:00", None, None, "medium", None, "9"),
        ("7", "cus_1", "07 00:00", None, None, None, None, None),
    ]


def test_mails_are_contacts_of_campaigns(fivetran: tuple[Path, Report]) -> None:
    assert landed(fivetran[0], "campaign_contacts", CONTACT) == [
        ("m1", "cus_1", "Spring", "01 08:00", "01 09:00", "01 09:30", "mail"),
        ("m2", "101", "Summer sale", "02 03:46", None, None, "mail"),
        ("m3", "101", "57", "02 00:00", None, None, "mail"),
    ]


def test_every_row_is_used_or_set_aside(fivetran: tuple[Path, Report]) -> None:
    report = fivetran[1]
    assert sum(report.read.values()) == sum(rows.count("\n") - 1 for rows in FIVETRAN.values())
    assert report.set_aside == {
        ("deals", "not won"): 1, ("deals", "deleted"): 1, ("deal_companies", "no company_id"): 1,
        ("companies", "a prospect, without a deal that was won"): 2, ("companies", "deleted"): 1,
        ("companies", "no id"): 1, ("companies", "sent twice"): 1,
        ("tickets", "of no company that is used"): 2, ("tickets", "deleted"): 1, ("tickets", "a time that is none"): 1,
        ("contacts", "of no company that is used"): 1, ("contacts", "without an address"): 1,
        ("contacts", "deleted"): 1,
        ("email_events", "a machine's, as HubSpot says"): 1, ("email_events", "neither sent, opened nor clicked"): 1,
        ("email_events", "to nobody who is known"): 2, ("email_events", "of a mail that is not there"): 1,
        ("email_events", "a time that is none"): 1,
    }  # fmt: skip
    assert report.warnings == [
        "1 companies have no property with the id of the billing system: they have an id that only HubSpot knows",
        "1 ids of the billing system stand at several companies: the oldest counts",
    ]


def test_what_airbyte_nests_is_read(tmp_path: Path) -> None:
    tables = {
        "companies": [
            {"id": "100", "properties": {
                "customer_id": "cus_1", "createdate": "2024-01-05T08:00:00Z", "country": "DE", "industry": "RETAIL",
                "hs_analytics_source": "PAID_SEARCH", "hubspot_owner_id": "7", "lifecyclestage": "lead"}},
            {"id": "101", "properties": {"lifecyclestage": "lead"}},
            {"id": "102", "properties": {"lifecyclestage": "lead"}},
        ],
        "owners": [{"id": "7", "firstName": "Ann", "lastName": "Lee"}],
        "deals": [{"id": "1", "companies": ["101"], "properties": {"hs_is_closed_won": "true"}},
                  {"id": "2", "companies": ["102"], "properties": {"hs_is_closed_won": "false"}}],
        "tickets": [{"id": "1", "companies": ["100"], "properties": {"createdate": "2024-05-01T10:00:00Z",
                     "closed_date": "2024-05-02T10:00:00Z", "hs_ticket_priority": "HIGH", "hubspot_owner_id": "7"}},
                    {"id": "2", "companies": ["102"], "properties": {"createdate": "2024-05-01T10:00:00Z"}}],
        "contacts": [{"id": "1", "properties": {"email": "eve@acme.test", "associatedcompanyid": "100"}}],
        "email_events": [
            {"id": "m1", "type": "SENT", "created": 1717228800000, "recipient": "eve@acme.test", "emailCampaignId": 5},
            {"id": "o1", "type": "OPEN", "created": 1717232400, "recipient": "eve@acme.test", "sentBy": {"id": "m1"}},
        ],
    }  # fmt: skip
    (tmp_path / "source").mkdir()
    for name, rows in tables.items():
        (tmp_path / "source" / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    write_landing("hubspot", str(tmp_path / "source"), tmp_path / "landing", "USD")
    assert landed(tmp_path, "customers", CUSTOMER) == [
        ("101", None, None, None, None, None), ("cus_1", "01-05 08:00", "DE", "RETAIL", "paid_search", "Ann Lee"),
    ]  # fmt: skip
    assert landed(tmp_path, "support_tickets", TICKET) == [
        ("1", "cus_1", "01 10:00", None, "02 10:00", "high", None, "Ann Lee"),
    ]  # fmt: skip
    assert landed(tmp_path, "campaign_contacts", CONTACT) == [
        ("m1", "cus_1", "5", "01 08:00", "01 09:00", None, "mail"),
    ]  # fmt: skip


# -- beside a billing system


def beside(names: str, sources: list[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RAW_DATA_DIR", "")
    monkeypatch.setenv("CONNECTOR_LANDING_DIR", str(sources[0].parent / "landing"))
    given = argparse.Namespace(connector=names, source=" ".join(map(str, sources)))
    command.land_source(given, "{}")
    return Path(os.environ["RAW_DATA_DIR"])


def test_a_build_has_revenue_from_stripe_and_the_rest_from_hubspot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stripe = stripe_business.write_csv(tmp_path / "stripe", stripe_business.history())
    (tmp_path / "hubspot").mkdir()
    for name, rows in FIVETRAN.items():
        (tmp_path / "hubspot" / f"{name}.csv").write_text(rows.replace("cus_1", "c01"))
    landing = beside("stripe hubspot", [stripe, tmp_path / "hubspot"], monkeypatch)
    assert landing == tmp_path / "landing"
    relations = ("marts.dim_customers", "marts.dim_subscriptions", "staging.stg_support__support_tickets")
    relations += ("staging.stg_marketing__campaign_contacts",)
    with duckdb.connect() as connection:
        models = [relation.split(".")[1] for relation in relations]
        harness.build_on(connection, landing, models, {"as_of": stripe_business.AS_OF})
        built = {model: harness.rows(connection, of) for model, of in zip(models, relations, strict=True)}
    (customer,) = [row for row in built["dim_customers"] if row["customer_id"] == "c01"]
    # Stripe is named first: the country is its own, where it has one
    first = [row["address_country"] for row in stripe_business.customers() if row["id"] == "c01"]
    assert (customer["industry"], customer["acquisition_channel"]) == ("RETAIL", "paid_search")
    assert [customer["country"].lower()] == first
    mrr = sum(float(row["mrr"] or 0) for row in built["dim_subscriptions"] if row["customer_id"] == "c01")
    assert mrr == stripe_business.MRR["c01"]
    for model, name, ids in (
        ("stg_support__support_tickets", "ticket_id", ["1", "7"]),
        ("stg_marketing__campaign_contacts", "contact_id", ["m1"]),
    ):
        assert sorted(row[name] for row in built[model] if row["customer_id"] == "c01") == ids


def test_deals_with_a_term_are_invoice_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "hubspot"
    source.mkdir()
    for name in ("company", "deal_pipeline_stage"):
        (source / f"{name}.csv").write_text(FIVETRAN[name])
    (source / "deal_company.csv").write_text("deal_id,company_id\n1,100\n2,100\n3,101\n")
    (source / "deal.csv").write_text(
        "deal_id,deal_pipeline_stage_id,is_deleted,property_amount,property_closedate,property_dealname,"
        "property_contract_start,property_contract_end\n"
        "1,won,false,1200,2024-01-05,Acme pro,2024-01-10,2025-01-10\n"
        "2,lost,false,2400,2024-12-20,Acme max,2025-01-10,2026-01-10\n"
        "3,won,false,600,2024-03-01,Bolt,,\n"
    )
    monkeypatch.chdir(source)
    (sql,) = re.findall(r"```sql\n(.*?)```", (CONNECTORS / "hubspot" / "README.md").read_text(), re.DOTALL)
    (tmp_path / "deals").mkdir()
    duckdb.sql(sql.replace("/data/deals", str(tmp_path / "deals")))
    landing = beside("invoices hubspot", [tmp_path / "deals", source], monkeypatch)
    event = "customer_id, event_type, strftime(occurred_at, '%Y-%m-%d'), cast(amount as double), billing_interval"
    assert duckdb.sql(f"select {event} from '{landing}/subscription_events/*.parquet'").fetchall() == [
        ("cus_1", "started", "2024-01-10", 1200, "year"),
    ]
