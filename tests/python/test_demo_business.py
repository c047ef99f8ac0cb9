"""The demo business: complete, reproducible, flawed on purpose, and moved by causes that can be found again."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from warehouse.demo_business import write_demo_business

ROOT = Path(__file__).resolve().parents[2]
START, END = pd.Timestamp("2023-01-01"), pd.Timestamp("2026-01-01")
COLUMNS = {
    "subscription_events": "event_id customer_id subscription_id event_type occurred_at plan_id amount currency "
    "billing_interval billing_interval_count quantity reason_code reason_text cancelled_by loaded_at",
    "customers": "customer_id created_at country customer_segment industry acquisition_channel owner email",
    "plans": "plan_id plan_name plan_tier product_id seat_limit usage_limit",
    "invoices": "invoice_id customer_id subscription_id issued_at paid_at status amount refunded_amount currency",
    "orders": "order_id customer_id ordered_at amount refunded_amount currency product",
    "product_usage": "customer_id used_on feature usage_count minutes active_seats",
    "support_tickets": "ticket_id customer_id opened_at first_response_at closed_at reopened_at priority category "
    "agent subject body",
    "survey_responses": "response_id survey_type customer_id sent_at responded_at score comment touchpoint agent "
    "weight subject",
    "onboarding_milestones": "customer_id milestone due_at reached_at",
    "acquisition_costs": "month acquisition_channel cost currency",
    "exchange_rates": "rate_date currency rate_to_reporting",
    "campaign_contacts": "contact_id customer_id campaign trigger_code contacted_at opened_at clicked_at is_control "
    "replied_at channel",
    "targets": "metric period_grain period_start target",
    "annotations": "annotated_on label kind segment_type segment_value",
    "contracts": "contract_id customer_id subscription_id starts_on ends_on value currency auto_renews action_at_end "
    "signed_on",
}
ORDER = (  # rank at an instant: what comes first of several events at one instant
    "trial_started",
    "started reactivated",
    "renewed",
    "resumed",
    "changed",
    "payment_failed",
    "payment_recovered",
    "paused",
    "cancel_requested",
    "cancelled expired",
)
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names.split()}
TIMES = "occurred_at loaded_at created_at issued_at paid_at ordered_at used_on opened_at first_response_at closed_at "
TIMES += (
    "sent_at responded_at reached_at month contacted_at clicked_at replied_at reopened_at period_start annotated_on"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "landing"
    write_demo_business(path)
    return path


@pytest.fixture(scope="module")
def raw(folder) -> dict[str, pd.DataFrame]:
    tables = {path.stem: pd.read_csv(path, dtype=str) for path in folder.glob("*.csv")}
    parts = str(folder / "product_usage" / "*.parquet")
    return tables | {"product_usage": duckdb.execute("select * from read_parquet(?)", [parts]).df()}


def instants(values: pd.Series) -> pd.Series:
    return pd.to_datetime(values, errors="coerce", utc=True, format="mixed").dt.tz_localize(None)


@pytest.fixture(scope="module")
def events(raw) -> pd.DataFrame:
    """The events that can be read, once each, in order."""
    table = raw["subscription_events"].assign(
        at=lambda t: instants(t.occurred_at), rank=lambda t: t.event_type.map(RANK)
    )
    readable = table[["event_id", "customer_id", "at", "rank"]].notna().all(axis=1)
    readable &= table.currency.ne("CHF") & table.billing_interval.ne("fortnight")
    readable &= ~table.amount.fillna("").str.startswith("-")
    once = table[readable].sort_values("loaded_at").drop_duplicates("event_id", keep="last")
    return once.sort_values(["subscription_id", "at", "rank"], ignore_index=True)


@pytest.fixture(scope="module")
def lives(events, raw) -> pd.DataFrame:
    """One row per customer that ever paid: first start, last end (null = still there), segment."""
    ends = events.event_type.isin(["cancelled", "expired"])
    begins = events.event_type.isin(["started", "reactivated", "renewed"])
    last = events[ends].groupby("subscription_id")["at"].max().rename("end")
    begun = events[begins].groupby("subscription_id").agg(customer_id=("customer_id", "first"), start=("at", "min"))
    begun["last_begin"] = events[begins].groupby("subscription_id")["at"].max()
    begun = begun.join(last)
    begun["end"] = begun.end.where(begun.end >= begun.last_begin, END)
    per_customer = begun.groupby("customer_id").agg(start=("start", "min"), end=("end", "max"))
    segment = raw["customers"].set_index("customer_id").customer_segment
    return per_customer.assign(end=per_customer.end.where(per_customer.end < END), segment=segment)


def test_every_table_has_its_columns_and_rows(raw):
    assert set(raw) == set(COLUMNS)
    for name, columns in COLUMNS.items():
        assert set(columns.split()) <= set(raw[name].columns), name
        assert len(raw[name]) > 0, name
    assert 150_000 <= len(raw["product_usage"]) <= 400_000


def test_usage_is_typed_parquet_with_one_part_a_year(folder):
    parts = sorted((folder / "product_usage").iterdir())
    assert [part.name for part in parts] == ["2023.parquet", "2024.parquet", "2025.parquet"]
    types = duckdb.execute("select typeof(used_on), typeof(usage_count) from read_parquet(?) limit 1", [str(parts[0])])
    assert types.fetchone() == ("DATE", "INTEGER")


def test_same_seed_same_bytes_from_the_command_line_too(folder, tmp_path):
    again = tmp_path / "again"
    command = [sys.executable, "-m", "warehouse.demo_business", str(again)]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "1"})
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [str(file) for file in files if (folder / file).read_bytes() != (again / file).read_bytes()] == []


def test_another_seed_is_another_business(folder, tmp_path):
    write_demo_business(tmp_path / "other", seed=8, customers=30)
    assert (tmp_path / "other" / "customers.csv").read_bytes() != (folder / "customers.csv").read_bytes()


def test_a_folder_that_is_there_already_is_kept_and_ours_is_dropped(tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "theirs.csv").write_text("kept")
    write_demo_business(tmp_path / "landing", customers=5)
    assert [path.name for path in tmp_path.rglob("*")] == ["landing", "theirs.csv"]


def test_readme_says_that_it_is_simulated_and_mails_go_nowhere(folder, raw):
    assert "SIMULATED" in (folder / "README.md").read_text()
    assert raw["customers"].email.str.endswith("@example.com").all()


def test_nothing_but_dues_and_the_first_rate_lies_outside_the_three_years(raw):
    for name, table in raw.items():
        for column in set(TIMES.split()) & set(table.columns):
            moments = instants(table[column]).dropna()
            assert moments.between(START, END, inclusive="left").all(), (name, column)


def test_events_come_late_twice_corrected_and_with_offsets(raw, events):
    table = raw["subscription_events"]
    assert table.occurred_at.str.contains(r"T\d\d:\d\d:\d\d\+02:00$", na=False).sum() > 100
    copies = table[table.event_id.notna() & table.event_id.duplicated(keep=False)]
    assert copies.event_id.nunique() > 30
    assert (copies.groupby("event_id").amount.nunique() > 1).sum() > 10
    assert ((instants(events.loaded_at) - events["at"]).dt.days >= 14).sum() > 100
    assert events.loaded_at.isna().any()


def test_a_few_rows_cannot_be_read(raw):
    raw_events = raw["subscription_events"]
    numbers = {
        "subscription_events": instants(raw_events.occurred_at).isna()
        | raw_events[["event_id", "customer_id"]].isna().any(axis=1)
        | ~raw_events.event_type.isin(list(RANK))
        | raw_events.amount.fillna("0").str.startswith("-")
        | raw_events.currency.eq("CHF")
        | raw_events.billing_interval.eq("fortnight"),
        "customers": raw["customers"].customer_id.isna() | instants(raw["customers"].created_at).isna(),
        "invoices": instants(raw["invoices"].issued_at).isna()
        | ~(pd.to_numeric(raw["invoices"].amount, errors="coerce") >= 0)
        | raw["invoices"].currency.eq("CHF"),
        "orders": instants(raw["orders"].ordered_at).isna() | raw["orders"].amount.astype(float).lt(0),
        "support_tickets": instants(raw["support_tickets"].opened_at).isna() | raw["support_tickets"].ticket_id.isna(),
        "survey_responses": raw["survey_responses"].score.isin(["eleven", "11", "7.5"])
        | raw["survey_responses"].survey_type.eq("smiley"),
        "onboarding_milestones": raw["onboarding_milestones"].milestone.isna()
        | instants(raw["onboarding_milestones"].due_at).isna(),
    }
    for name, broken in numbers.items():
        assert 2 <= broken.sum() <= len(broken) / 500, name


def test_all_money_but_the_broken_has_a_rate_from_the_start(raw):
    rates = raw["exchange_rates"]
    assert rates.groupby("currency").rate_date.min().lt("2023-01-01").all()
    currencies = set(raw["subscription_events"].currency.dropna()) | set(raw["orders"].currency.dropna())
    assert currencies - {"USD", "CHF"} == set(rates.currency) == {"EUR", "GBP"}


def test_events_follow_the_state_machine_but_for_a_few(events):
    state, current, refused = "none", None, 0
    for row in events.itertuples():
        state, current = ("none" if row.subscription_id != current else state), row.subscription_id
        live = state in ("live", "paused")
        allowed, after = {
            "trial_started": (state in ("none", "ended"), "trial"),
            "started": (True, "live"),
            "reactivated": (True, "live"),
            "renewed": (True, "live"),
            "resumed": (state == "paused", "live"),
            "paused": (state == "live", "paused"),
            "changed": (live or state == "trial", state),
            "cancel_requested": (live or state == "trial", state),
            "payment_failed": (live, state),
            "payment_recovered": (live, state),
        }.get(row.event_type, (live or state == "trial", "ended"))
        state, refused = (after, refused) if allowed else (state, refused + 1)
    assert 0 < refused < len(events) / 500


def test_kinds_of_events_and_surveys_are_all_there(raw, events):
    assert set(events.event_type) == set(RANK)
    surveys = raw["survey_responses"]
    assert {"nps", "csat", "ces"} <= set(surveys.survey_type)
    assert surveys.customer_id.isna().any() and surveys.subject.notna().any() and surveys.agent.notna().any()
    assert surveys.score.isna().mean() > 0.4
    assert surveys.comment.str.contains("@example.com", na=False).any()
    assert surveys.comment.str.contains(r"\+1 202 555 01\d\d", na=False).any()
    assert (events.groupby("customer_id").subscription_id.nunique() > 1).sum() > 50
    assert set(events.customer_id) - set(raw["customers"].customer_id)
    assert 0.2 < raw["campaign_contacts"].is_control.eq("true").mean() < 0.4


def test_use_falls_before_a_churn(raw, lives):
    """Days of use in the 60 days before the end, against customers of the segment who stayed, on the same days."""
    used = raw["product_usage"][["customer_id", "used_on"]].drop_duplicates().groupby("customer_id").used_on
    used = {customer: days.sort_values().to_numpy() for customer, days in used}
    stayers = {name: part.sample(40, random_state=1) for name, part in lives[lives.end.isna()].groupby("segment")}

    def days_used(customer: str, end: pd.Timestamp) -> int:
        begin = end - pd.Timedelta(days=60)
        return int(((used[customer] >= begin) & (used[customer] < end)).sum()) if customer in used else 0

    pairs = []
    for customer, row in lives[(lives.end - lives.start).dt.days > 120].dropna(subset="segment").iterrows():
        peers = stayers[row.segment]
        peers = peers.index[(row.end - peers.start).dt.days > 120]
        if len(peers):
            pairs.append((days_used(customer, row.end), sum(days_used(peer, row.end) for peer in peers) / len(peers)))
    left, stayed = pd.DataFrame(pairs).mean()
    assert len(pairs) > 200 and left < 0.8 * stayed


def test_failed_payments_come_before_involuntary_churn(events):
    ends = events[events.event_type.eq("cancelled")].drop_duplicates("subscription_id")
    failed = events[events.event_type.eq("payment_failed")][["subscription_id", "at"]]
    pairs = ends.merge(failed, on="subscription_id", suffixes=("", "_failed"))
    before = pairs[(pairs["at"] - pairs.at_failed).dt.days.between(0, 60)].event_id
    known = ends.event_id.isin(before)
    by_system = ends.cancelled_by.eq("system") & ends.reason_code.ne("fraud")
    assert known[by_system].mean() > 0.95 and known[~by_system].mean() < 0.3
    assert 0.10 < by_system.sum() / ends.cancelled_by.notna().sum() < 0.35


def test_most_failed_payments_say_why_and_those_of_expired_cards_are_seldom_recovered(events):
    turns = events[events.event_type.isin(["payment_failed", "payment_recovered", "cancelled"])]
    what_follows = turns.event_type.mask(turns.event_type.eq("payment_failed")).groupby(turns.subscription_id).bfill()
    failed = turns[turns.event_type.eq("payment_failed")].assign(recovered=what_follows.eq("payment_recovered"))
    known = {"insufficient_funds", "expired_card", "card_declined", "do_not_honor", "authentication_required"}
    assert set(failed.reason_code.dropna()) == known and 0.8 < failed.reason_code.notna().mean() < 1
    recovered = failed.groupby("reason_code").recovered.mean()
    assert recovered.expired_card < 0.5 * recovered.insufficient_funds


def test_detractors_leave_sooner_than_promoters(raw, lives):
    asked = raw["survey_responses"].merge(lives, left_on="customer_id", right_index=True)
    asked = asked[asked.survey_type.eq("nps") & asked.subject.isna() & asked.touchpoint.isna()]
    asked = asked.assign(at=instants(asked.responded_at), score=pd.to_numeric(asked.score, errors="coerce"))
    asked = asked[(asked["at"] < END - pd.Timedelta(days=90)) & ~(asked.end < asked["at"])]
    left = (asked.end - asked["at"]).dt.days.le(90)
    assert left[asked.score <= 6].mean() > 1.4 * left[asked.score >= 9].mean() > 0


def test_missed_milestones_and_small_customers_leave_more(raw, lives):
    steps = raw["onboarding_milestones"].dropna(subset="milestone")
    late = ~(instants(steps.reached_at) <= instants(steps.due_at))
    missed = late.groupby(steps.customer_id).mean().reindex(lives.index)
    early = (lives.end - lives.start).dt.days.le(180)[lives.start < END - pd.Timedelta(days=180)]
    missed = missed.reindex(early.index)
    assert early[missed >= 0.5].mean() > 1.15 * early[missed == 0].mean() > 0
    gone = lives.end.notna().groupby(lives.segment).mean()
    assert gone["consumer"] > gone["mid_market"] and gone["smb"] > gone["enterprise"]


def test_contracts_are_the_years_billed_to_larger_customers(raw, events):
    table = raw["contracts"].assign(starts=lambda t: instants(t.starts_on), ends=lambda t: instants(t.ends_on))
    assert table.contract_id.is_unique and (table.starts < table.ends).all() and table.value.astype(float).gt(0).all()
    segments = raw["customers"].set_index("customer_id").customer_segment.dropna()
    assert set(table.customer_id.map(segments).dropna()) == {"mid_market", "enterprise"}
    begins = events[events.event_type.isin(["started", "reactivated", "renewed"]) & events.billing_interval.eq("year")]
    billed = set(zip(begins.subscription_id, begins["at"].dt.normalize(), strict=True))
    held = table[table.starts < END]
    missing = set(zip(held.subscription_id, held.starts, strict=True)) - billed
    assert len(missing) <= 3  # whose event is one of the broken
    assert (table.starts >= END).sum() > 10 and table.signed_on[table.starts >= END].notna().all()
    for column in ("auto_renews", "action_at_end", "signed_on"):
        assert table[column].isna().any() and table[column].nunique() > 1
    assert (instants(table.signed_on) > table.starts).sum() > 10


def test_invoices_agree_with_the_payments(raw, events):
    invoices = raw["invoices"].assign(paid=lambda t: instants(t.paid_at), issued=lambda t: instants(t.issued_at))
    assert invoices.paid.notna().eq(invoices.status.isin(["paid", "refunded"])).all()
    assert not (invoices.paid < invoices.issued).any()
    unpaid = set(invoices[invoices.status.eq("uncollectible")].subscription_id)
    assert unpaid <= set(events[events.event_type.eq("payment_failed")].subscription_id)
