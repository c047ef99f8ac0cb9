"""The calendar, day by day, against Python's own."""

from __future__ import annotations

from datetime import date, timedelta

import harness

FIRST, AS_OF, FISCAL_MONTH = date(2023, 12, 30), date(2024, 3, 1), 2


def months_before(day: date, months: int) -> date:
    """The first of the month so many months before a day's."""
    month = day.year * 12 + day.month - 1 - months
    return date(month // 12, month % 12 + 1, 1)


def test_every_day_from_the_first_event_to_a_year_after_as_of_has_its_periods() -> None:
    event = {
        "event_id": "e", "customer_id": "c", "subscription_id": "s", "event_type": "started", "occurred_at": str(FIRST),
    }  # fmt: skip
    built = harness.build(
        {"subscription_events": [event], "customers": []},
        ["dim_dates"],
        as_of=str(AS_OF),
        fiscal_year_start_month=FISCAL_MONTH,
    )
    rows = sorted(built["dim_dates"], key=lambda row: row["date_day"])
    days = [FIRST + timedelta(days=number) for number in range((AS_OF - FIRST).days + 366)]
    assert [row["date_day"] for row in rows] == days
    for row, day in zip(rows, days, strict=True):
        fiscal_months = (day.month - FISCAL_MONTH) % 12
        assert row == {
            "date_day": day,
            "week_start": day - timedelta(days=day.weekday()),
            "month_start": day.replace(day=1),
            "quarter_start": months_before(day, fiscal_months % 3),
            "year_start": months_before(day, fiscal_months),
            "calendar_year": day.year,
            "calendar_month": day.month,
            "day_of_month": day.day,
            "day_of_week": day.isoweekday(),
            "is_after_as_of": day > AS_OF,
        }
