"""BG/NBD and Gamma-Gamma give the published numbers of CDNOW, the data set that the library ships."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from lifetimes.datasets import load_cdnow_summary, load_cdnow_summary_data_with_monetary_value

from warehouse.statistics import order_values, orders

MONTHLY = 1.1 ** (1 / 12) - 1


def patterns(table: object, columns: list[str]) -> list[tuple]:
    """Each pattern of the columns with its number of customers."""
    return list(table.groupby(columns).size().reset_index(name="customers").itertuples(index=False, name=None))


@pytest.fixture(scope="module")
def cdnow() -> SimpleNamespace:
    """2357 customers: orders after the first, weeks to the last, weeks observed; and the mean values of 946 of them."""
    rhythms = patterns(load_cdnow_summary(), ["frequency", "recency", "T"])
    table = load_cdnow_summary_data_with_monetary_value()
    values = patterns(table[table.frequency > 0], ["frequency", "monetary_value"])
    return SimpleNamespace(rhythms=rhythms, values=values, fit=orders.fit_bg_nbd(*np.array(rhythms, dtype=float).T))


def test_parameters_of_cdnow_are_the_published_ones(cdnow: SimpleNamespace) -> None:
    # Fader, Hardie and Lee (2005), table 2: r 0.243, alpha 4.414, a 0.793, b 2.426, log-likelihood -9582.4
    printed = {name: f"{value:.4f}" for name, value in cdnow.fit.parameters.items()}
    assert printed == {"r": "0.2426", "alpha": "4.4135", "a": "0.7929", "b": "2.4258"}
    assert f"{cdnow.fit.log_likelihood:.1f}" == "-9582.4"
    assert cdnow.fit.note is None


def test_intervals_are_of_the_size_of_the_library_s(cdnow: SimpleNamespace) -> None:
    # the standard errors that the library prints for CDNOW
    errors = {"r": 0.0126, "alpha": 0.378, "a": 0.186, "b": 0.705}
    for name, error in errors.items():
        relative = math.log(cdnow.fit.upper[name] / cdnow.fit.lower[name]) / (2 * 1.96)
        assert relative == pytest.approx(error / cdnow.fit.parameters[name], rel=0.02)


def test_expected_orders_are_the_published_ones(cdnow: SimpleNamespace) -> None:
    # the same, section 6: 1.226 orders in 39 weeks of who ordered twice again, last in week 30.43 of 38.86
    arguments = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert f"{orders.expected_orders(cdnow.fit.parameters, 39, *arguments)[0]:.3f}" == "1.226"


def test_discounted_orders_are_fewer_and_add_up(cdnow: SimpleNamespace) -> None:
    customer = np.array([2.0]), np.array([30.43]), np.array([38.86])
    (all_orders,) = orders.expected_orders(cdnow.fit.parameters, 12 * orders.WEEKS_IN_MONTH, *customer)
    (undiscounted,) = orders.discounted_orders(cdnow.fit.parameters, 12, 0.0, *customer)
    (discounted,) = orders.discounted_orders(cdnow.fit.parameters, 12, MONTHLY, *customer)
    assert math.isclose(undiscounted, all_orders, rel_tol=1e-12)
    assert all_orders / 1.1 < discounted < all_orders


def test_those_who_ordered_as_often_are_told_apart_by_their_last_order(cdnow: SimpleNamespace) -> None:
    frequency, recency, observed = np.array(cdnow.rhythms, dtype=float).T[:3]
    expected = orders.expected_orders(cdnow.fit.parameters, orders.WEEKS_IN_MONTH, frequency, recency, observed)
    found = orders.discounted_orders(cdnow.fit.parameters, 1, 0.0, frequency, recency, observed)
    assert np.allclose(found, expected, rtol=1e-12, atol=0)


def test_orders_of_a_month_are_discounted_from_its_end(cdnow: SimpleNamespace) -> None:
    customer = np.array([2.0]), np.array([30.43]), np.array([38.86])
    (expected,) = orders.expected_orders(cdnow.fit.parameters, orders.WEEKS_IN_MONTH, *customer)
    (discounted,) = orders.discounted_orders(cdnow.fit.parameters, 1, 0.01, *customer)
    assert discounted == pytest.approx(expected / 1.01, rel=1e-12)


def test_order_values_of_cdnow_are_the_published_ones(cdnow: SimpleNamespace) -> None:
    # Fader and Hardie (2013): p 6.25, q 3.74, v 15.44 of 946 customers who ordered again; the library prints v as 15.45
    fitted = orders.fit_gamma_gamma(*np.array(cdnow.values, dtype=float).T)
    assert sum(customers for *_, customers in cdnow.values) == 946
    printed = {name: f"{value:.2f}" for name, value in fitted.parameters.items()}
    assert printed == {"p": "6.25", "q": "3.74", "v": "15.45"}


def test_models_are_rows_with_their_parameters(cdnow: SimpleNamespace) -> None:
    bg_nbd, gamma_gamma = order_values.fitted_orders(cdnow.rhythms, cdnow.values, 30).to_pylist()
    assert (bg_nbd["model"], bg_nbd["customers"], gamma_gamma["customers"]) == ("bg_nbd", 2357, 946)
    assert bg_nbd["r"] == pytest.approx(0.2426, abs=1e-4) and bg_nbd["q"] is None
    assert gamma_gamma["q"] == pytest.approx(3.74, abs=0.01) and gamma_gamma["r"] is None
    assert bg_nbd["fit_note"] is gamma_gamma["fit_note"] is None


def test_few_customers_who_came_back_give_no_fit_but_a_reason(cdnow: SimpleNamespace) -> None:
    fits = order_values.fitted_orders([(0, 0, 10, 500), (1, 3, 10, 29)], [(1, 20.0, 29)], 30).to_pylist()
    assert [fit["fit_note"] for fit in fits] == ["too few customers ordered again"] * 2
    assert [fit["r"] for fit in fits] == [None, None]
    assert order_values.fitted_orders([], [], 30).num_rows == 0
    just_enough = order_values.fitted_orders([(0, 0, 10, 500), (1, 3, 10, 30)], [(1, 20.0, 30)], 30).to_pylist()
    assert "too few customers ordered again" not in [fit["fit_note"] for fit in just_enough]


def test_values_without_a_mean_give_no_fit_but_a_reason() -> None:
    # one order each, of values whose distribution has a tail too long for a mean
    values = [(1, (1 - (number + 0.5) / 200) ** -2, 1) for number in range(200)]
    fits = order_values.fitted_orders([(1, 3, 10, 200)], values, 30).to_pylist()
    assert fits[1]["fit_note"] == "order values are too unequal to have a mean"
    assert fits[1]["q"] is None


def test_orders_that_do_not_tell_the_parameters_are_fitted_at_a_bound() -> None:
    # every customer pays the same at every order
    fits = order_values.fitted_orders([(3, 20, 30, 50)], [(3, 25.0, 25), (2, 25.0, 25)], 30).to_pylist()
    for fit in fits:
        assert fit["fit_note"] == "the orders do not tell all parameters: one is at its bound"
    assert fits[1]["p"] * fits[1]["v"] / (fits[1]["q"] - 1) == pytest.approx(25, rel=0.01)


def test_forecasts_are_of_each_pattern_and_none_without_a_fit(cdnow: SimpleNamespace) -> None:
    parameters = tuple(cdnow.fit.parameters.values())
    rows = order_values.forecast_orders(parameters, [(0, 0, 39), (2, 30, 39), (2, 3, 39)], 36, MONTHLY).to_pylist()
    assert [row["repeat_orders"] for row in rows] == [0, 2, 2]
    never, lately, long_ago = (row["discounted_orders"] for row in rows)
    assert 0 < never < lately and long_ago < lately
    assert order_values.forecast_orders(None, [(0, 0, 39)], 36, MONTHLY).num_rows == 0
    assert order_values.forecast_orders(parameters, [], 36, MONTHLY).num_rows == 0
