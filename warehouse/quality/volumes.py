"""Checks of a table's rows beside those of earlier builds."""

from __future__ import annotations

from warehouse.landing import read_contract
from warehouse.quality.expectations import Check
from warehouse.quality.history import History
from warehouse.quality.rules import read_rules


def volume_checks(name: str, count: str, what: str, history: History) -> list[Check]:
    """The check for far fewer rows than usual and the one for far more; none where there is no usual.

    Args:
        name: schema and name of a table that holds the count of this build in a column of that name.
        count: what is counted, as in the history.
        what: the same in words, "rows landed".
        history: volumes of earlier builds.
    """
    rules, table = read_rules("landing"), name.split(".")[1]
    usual = history.usual(table, count)
    if usual is None or usual < rules["least_rows"]:
        is_needed = any(one.name == table and one.is_required for one in read_contract())
        return [_still_there(name, count, what, history)] if usual and is_needed else []
    fewer, more = rules["fewer_rows"], rules["more_rows"]
    builds = len(history.known(table, count))
    of_usual = (
        f"where {usual:,.0f} are usual (the median of the last {builds} build{'s' * (builds != 1)} of this folder; "
    )
    if_right = f"If this is right, delete {history.file}"
    return [
        Check(
            name, fewer["severity"], f"at least {fewer['share_of_usual']:.0%} of the usual {usual:,.0f} {what}",
            f"{{found:,}} {what}",
            f"{{found:,}} {what}, {of_usual}at least {fewer['share_of_usual']:.0%} of that are expected)",
            f"look for a part or a load that is missing. {if_right}",
            f"select {count} as found from {{batch}}", f"found < {fewer['share_of_usual']} * {usual}",
        ),
        Check(
            name, more["severity"], f"at most {more['times_usual']} times the usual {usual:,.0f} {what}",
            f"{{found:,}} {what}",
            f"{{found:,}} {what}, {of_usual}at most {more['times_usual']} times that are expected)",
            f"look for rows that were landed twice. {if_right}",
            f"select {count} as found from {{batch}}", f"found > {more['times_usual']} * {usual}",
        ),
    ]  # fmt: skip


def _still_there(name: str, count: str, what: str, history: History) -> Check:
    """The check that a table which others may stand in for has not gone: it had a few rows, and has none."""
    problem = f"no {what}, where the builds before had some"
    return Check(
        name, "stop", f"some {what}, as in the builds before", f"{{found:,}} {what}", problem,
        f"land the table again. If this is right, delete {history.file}",
        f"select {count} as found from {{batch}}", "found = 0",
    )  # fmt: skip
