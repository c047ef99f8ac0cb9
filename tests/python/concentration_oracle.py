"""A plain-Python reading of concentration: the customers of a period's end one by one, and each compared with each."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import oracle

TOPS = (1, 10, 50)


def figures(customers: list[oracle.Customer], end: date) -> dict:
    """The figures of rpt_concentration of the period that ends before a day."""
    amounts = sorted((Fraction(oracle.state_before(customer.history, end).mrr) for customer in customers), reverse=True)
    amounts = [amount for amount in amounts if amount > 0]
    total = sum(amounts)
    row = {"customers": len(amounts), "gini": None} | {f"share_top_{top}": None for top in TOPS}
    if amounts:
        row |= {f"share_top_{top}": float(sum(amounts[:top]) / total) for top in TOPS}
        apart = sum(abs(one - other) for one in amounts for other in amounts)
        row["gini"] = float(apart / (2 * len(amounts) * total))
    return row
