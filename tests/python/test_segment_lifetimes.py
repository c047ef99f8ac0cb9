"""Which model a segment gets, what it says at each age, and that the SQL counts what the events say."""

from __future__ import annotations

import json
import tempfile
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import harness
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_shifted_beta_geometric import slow_log_likelihood

from warehouse.statistics import shifted_beta_geometric as sbg
from warehouse.statistics.segment_lifetimes import SCHEMA, segment_lifetimes

MONTHLY = 1.1 ** (1 / 12) - 1
FEW = "too few losses: the model of all customers"


def lifetimes(counts: list[tuple], rate: float = MONTHLY) -> dict[tuple, dict]:
    """Rows by segment value and age."""
    rows = segment_lifetimes(counts, least_losses=20, monthly_discount_rate=rate, last_age=6).to_pylist()
    found = {(row["segment_value"], row["age_months"]): row for row in rows}
    assert len(found) == len(rows)
    return found


def segment(value: str, lost: int, kept: int) -> list[tuple]:
    """Half of the lost at renewal 1 and half at 3; who is kept has passed 4."""
    kind = (False, "all" if value == "all" else "country", value)
    return [(*kind, True, 1, lost - lost // 2), (*kind, True, 3, lost // 2), (*kind, False, 4, kept)]


def test_a_small_segment_takes_the_model_of_all_customers_and_says_so() -> None:
    found = lifetimes(segment("all", 60, 100) + segment("DE", 20, 50) + segment("FR", 19, 50))
    own, fallen_back, parent = found["DE", 2], found["FR", 2], found["all", 2]
    assert (own["fallback_segment_value"], own["customers"], own["losses"]) == (None, 70, 20)
    assert (fallen_back["fallback_segment_value"], fallen_back["customers"], fallen_back["losses"]) == ("all", 69, 19)
    assert (fallen_back["fit_note"], parent["fit_note"], parent["fallback_segment_value"]) == (FEW, None, None)
    for name in ("alpha", "beta", "residual_lifetime", "residual_lifetime_upper", "survival", "log_likelihood"):
        assert fallen_back[name] == parent[name] != own[name]


def test_a_segment_of_one_customer_and_a_business_of_one_loss_have_a_model() -> None:
    found = lifetimes([(False, "all", "all", True, 2, 1), (False, "country", "DE", False, 0, 1)])
    assert found["all", 0]["residual_lifetime"] > 0
    assert found["DE", 0]["fallback_segment_value"] == "all"


def test_without_a_loss_there_is_one_row_that_says_so() -> None:
    found = lifetimes([(False, "all", "all", False, 3, 10), (False, "country", "DE", False, 3, 10)])
    assert list(found) == [("all", 0), ("DE", 0)]
    for row in found.values():
        assert (row["customers"], row["losses"], row["alpha"], row["residual_lifetime"]) == (10, 0, None, None)
        assert (row["fit_note"], row["fallback_segment_value"]) == ("no customer has been lost yet", None)


def test_without_customers_the_table_is_typed_and_empty() -> None:
    table = segment_lifetimes([], least_losses=20, monthly_discount_rate=MONTHLY, last_age=6)
    assert table.num_rows == 0 and table.schema == SCHEMA


def test_without_a_discount_rate_there_is_a_fit_but_no_residual_lifetime() -> None:
    row = lifetimes(segment("all", 60, 100), rate=0.0)["all", 3]
    assert row["alpha"] > 0 and row["residual_lifetime"] is row["residual_lifetime_lower"] is None


def test_forecasts_of_each_age_lie_in_their_intervals_and_the_curve_is_what_was_seen() -> None:
    found = lifetimes(segment("all", 60, 100))
    for age in range(7):
        row = found["all", age]
        assert row["residual_lifetime_lower"] < row["residual_lifetime"] < row["residual_lifetime_upper"]
        for name in ("alpha", "beta"):
            assert row[f"{name}_lower"] < row[name] < (row[f"{name}_upper"] or float("inf"))
    # 160 customers, 30 lost at renewal 1 and 30 of 130 at 3; then at the overall rate, 60 of 160 + 130 + 130 + 100
    seen = [1, 130 / 160, 130 / 160, 100 / 160, 100 / 160, 100 / 160 * (1 - 60 / 520), 100 / 160 * (1 - 60 / 520) ** 2]
    assert [found["all", age]["empirical_survival"] for age in range(7)] == pytest.approx(seen, rel=1e-12)


def later(start: datetime, months: int) -> datetime:
    """So many months later, on the last day of a month that is too short."""
    year, month = start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))


def renewals(start: datetime, end: datetime, is_lost: bool) -> int:
    """The renewal of the loss, or the last one passed, found by trying one after the other."""
    number = 0
    while (later(start, number) < end) if is_lost else (later(start, number + 1) <= end):
        number += 1
    return max(number, 1) if is_lost else number


def rows_on(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict]:
    result = connection.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def life(number: int, start: datetime, end: datetime | None, **columns: str) -> Iterator[dict[str, str]]:
    for kind, at in (("started", start), ("cancelled", end)):
        if at is not None:
            yield {
                "event_id": f"{kind}-{number}",
                "customer_id": f"c{number}",
                "subscription_id": f"s{number}",
                "event_type": kind,
                "occurred_at": str(at),
                "amount": "10",
                **columns,
            }


starts = st.builds(
    lambda days, seconds: datetime(2022, 11, 27) + timedelta(days=days, seconds=seconds),
    st.integers(0, 400),
    st.sampled_from([0, 1, 86399]),
)
lives = st.lists(st.tuples(starts, st.none() | st.integers(0, 9), st.integers(-2, 40)), min_size=1, max_size=30)


@settings(max_examples=15)
@given(lives)
def test_the_fit_is_of_the_renewals_that_the_events_tell(drawn: list[tuple]) -> None:
    """The log-likelihood of the counts by plain Python, at the parameters of the mart, is that of the mart."""
    as_of = datetime(2024, 2, 29)
    events, lost, kept = [], [0] * 40, [0] * 40
    for number, (start, months, hours) in enumerate(drawn):
        end = None if months is None else later(start, months) + timedelta(hours=hours)
        end = end if end is None or end > start else start + timedelta(seconds=1)
        events += life(number, start, end)
        is_lost = end is not None and end <= as_of
        (lost if is_lost else kept)[renewals(start, end if is_lost else as_of, is_lost)] += 1
    tables = {"subscription_events": events, "customers": []}
    built = harness.build(tables, ["rpt_clv_model_fits"], as_of=str(as_of))
    fits = {row["segment_type"]: row for row in built["rpt_clv_model_fits"]}
    assert (fits["all"]["customers"], fits["all"]["losses"]) == (len(drawn), sum(lost))
    if not sum(lost):
        assert {row["fit_note"] for row in fits.values()} == {"no customer has been lost yet"}
        return
    counts = SimpleNamespace(lost=sbg.np.array(lost), kept=sbg.np.array(kept))
    expected = slow_log_likelihood(fits["all"]["alpha"], fits["all"]["beta"], counts)
    assert fits["all"]["log_likelihood"] == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_the_back_test_has_the_fit_of_a_report_of_that_day() -> None:
    """What was loaded later moves neither: a build as of that day, with what was known, has the same parameters."""
    first, events = datetime(2022, 1, 31), []
    for number in range(240):
        start = first + timedelta(days=3 * number)
        end = later(start, 1 + number % 11) if number % 3 else None
        events += life(number, start, end)
        if number % 5 == 0:
            events[-1]["loaded_at"] = "2025-01-01"
    with tempfile.TemporaryDirectory() as folder:
        harness.write_landing(Path(folder), {"subscription_events": events, "customers": []})

        def fits(is_backtest: bool, **options: str) -> list[dict]:
            with duckdb.connect() as connection:
                harness.build_on(connection, Path(folder), ["rpt_clv_model_fits"], options)
                return rows_on(
                    connection,
                    "select age_months, customers, losses, round(alpha, 9) as alpha, round(survival, 9) as survival "
                    f"from intermediate.int_lifetimes where is_backtest = {is_backtest} and segment_type = 'all' "
                    "and age_months < 24 order by age_months",
                )

        then = fits(False, as_of="2023-05-15 12:00:00", known_at="2023-05-15 12:00:00")
        assert fits(True, as_of="2024-05-15 12:00:00") == then
        assert then[0]["losses"] > 20
        assert fits(False, as_of="2023-05-15 12:00:00") != then


VALUE_MARTS = ["rpt_clv", "rpt_clv_model_fits", "rpt_clv_backtest", "fct_customer_lifetime_values"]


def test_an_empty_landing_folder_gives_empty_tables() -> None:
    built = harness.build({"subscription_events": [], "customers": []}, VALUE_MARTS)
    assert built == {mart: [] for mart in VALUE_MARTS}


def test_a_business_on_orders_alone_is_valued_by_its_orders() -> None:
    orders = [
        {
            "order_id": f"o{customer}-{number}",
            "customer_id": f"c{customer}",
            "ordered_at": str(datetime(2024, 1, 1) + timedelta(days=customer % 50 + 17 * number)),
            "amount": str(20 + customer % 7 + 5 * (number % 3)),
        }
        for customer in range(80)
        for number in range(1 + customer % 6)
    ]
    tables = {"subscription_events": [], "customers": [{"customer_id": "lead"}], "orders": orders}
    built = harness.build(tables, VALUE_MARTS, as_of="2024-04-02", gross_margin=0.5, lifecycle="subscription")
    notes = {row["model"]: row["fit_note"] for row in built["rpt_clv_model_fits"]}
    assert set(notes) == {"bg_nbd", "gamma_gamma"}
    values = {row["customer_id"]: row for row in built["fct_customer_lifetime_values"]}
    assert len(values) == 81 and values["lead"]["residual_value"] is None
    often, once = values["c5"], values["c0"]
    assert often["residual_value"] > once["residual_value"] > 0
    assert once["clv"] == once["historic_margin"] + once["residual_value"] and once["historic_margin"] == 10
    assert built["rpt_clv"] == built["rpt_clv_backtest"] == []


def test_the_demo_has_every_table_with_numbers(demo_build: SimpleNamespace) -> None:
    with duckdb.connect(str(demo_build.warehouse), read_only=True) as connection:
        fits = rows_on(connection, "select * from marts.rpt_clv_model_fits")
        assert {row["model"] for row in fits} == {"sbg", "bg_nbd", "gamma_gamma"}
        assert all(row["log_likelihood"] is not None for row in fits), json.dumps(fits, default=str)
        values = rows_on(
            connection, "select clv_discounted, clv_modelled from marts.rpt_clv where segment_type = 'all'"
        )
        assert 0 < values[0]["clv_discounted"] < values[0]["clv_modelled"]
        (errors,) = rows_on(
            connection,
            "select * from marts.rpt_clv_backtest where segment_type = 'all' and months_ahead = 12",
        )
        assert abs(errors["error_sbg"]) < abs(errors["error_curve"]) < abs(errors["error_formula"])
        assert errors["kept_rate_lower"] < errors["kept_rate_sbg"] < errors["kept_rate_upper"]
