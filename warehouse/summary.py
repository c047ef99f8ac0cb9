"""What a build made, where it lies, and the headline numbers, in a dozen lines.

Each line is a function of LINES: it asks the published marts and returns its lines. What every build is asked about is
always there, and says so where there is nothing to tell; the others are there where there is something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from warehouse.connectors.running import ACCOUNT
from warehouse.versions import Publication

SHOWN = 5  # values that stand in a line; the mart has them all


@dataclass(frozen=True)
class Built:
    """What a line of the summary can speak of: the published marts, and what the reader calls the places.

    Args:
        marts: connection to the published file, where `marts.<table>` names a table.
        publication: what was published.
        published: DuckDB file that readers open.
        warehouse: DuckDB file that dbt built.
        landing: folder of the raw tables.
        pages: folder of the gates' pages.
        warnings: of the gates and tests before publishing; those of the gate of the marts are in the publication.
        previous: the published file of the version before; None where there is none.
    """

    marts: duckdb.DuckDBPyConnection
    publication: Publication
    published: Path
    warehouse: Path
    landing: str
    pages: Path
    warnings: Sequence[str] = ()
    previous: Path | None = None

    def row(self, query: str) -> dict | None:
        """The first row of a query by column name; None where there is none."""
        return next(iter(self.rows(query)), None)

    def rows(self, query: str) -> list[dict]:
        """The rows of a query by column name."""
        found = self.marts.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def summarise(
    published: Path,
    publication: Publication,
    warehouse: Path,
    landing: str,
    pages: Path,
    warnings: Sequence[str] = (),
    previous: Path | None = None,
) -> str:
    """Return the summary of a build; the arguments are those of Built."""
    with duckdb.connect(str(published), read_only=True) as marts:
        built = Built(marts, publication, published, warehouse, landing, pages, warnings, previous)
        return "\n".join(f"{name:<12}{text}" for line in LINES for name, text in line(built))


Lines = list[tuple[str, str]]


def _data(built: Built) -> Lines:
    return [("Data", f"{built.landing}, as of {built.publication.as_of} UTC")]


LIFECYCLES = {
    "subscription": "customers come and go by subscription events",
    "activity": "customers come and go by orders, or by use where there are no orders",
    None: "no customer yet",
}
MAKE_CUSTOMERS = ("subscription_events", "orders", "product_usage")


def _lifecycle(built: Built) -> Lines:
    if not _has_customers(built):
        tables = f"{', '.join(MAKE_CUSTOMERS[:-1])} or {MAKE_CUSTOMERS[-1]}"
        return [("Lifecycle", f"none: no {tables}, so nobody comes or goes")]
    (lifecycle,) = built.marts.execute("select max(lifecycle) from marts.rpt_churn_rates").fetchone()
    return [("Lifecycle", (f"{lifecycle}: " if lifecycle else "") + LIFECYCLES[lifecycle])]


def _has_customers(built: Built) -> bool:
    """Whether anything was landed that makes and ends customers."""
    tables = ", ".join(f"'{table}'" for table in MAKE_CUSTOMERS)
    landed = f"select sum(raw_rows) as rows from marts.rpt_event_reconciliation where raw_table in ({tables})"
    return bool(built.row(landed)["rows"])


IS_OF_SOURCE = "raw_table like '%.%'"  # a table of a system that a connector read, and no raw table


def _rows(built: Built) -> Lines:
    rows = built.row(f"""
        select
            sum(raw_rows) as landed,
            sum(accepted_rows) as accepted,
            sum(duplicate_rows) as duplicates,
            sum(quarantined_rows) as quarantined
        from marts.rpt_event_reconciliation
        where not {IS_OF_SOURCE} and raw_table not in {ACCOUNT}
    """)
    where = " (see marts.rpt_quarantine)" if rows["quarantined"] else ""
    return [
        (
            "Rows",
            "{landed:,} landed = {accepted:,} accepted + {duplicates:,} duplicates + "
            "{quarantined:,} quarantined".format_map(rows)
            + where,
        )
    ]


def _source(built: Built) -> Lines:
    rows = built.row(f"""
        select
            sum(raw_rows) as read,
            sum(accepted_rows) as used,
            sum(quarantined_rows) as set_aside
        from marts.rpt_event_reconciliation
        where {IS_OF_SOURCE}
    """)
    if rows["read"] is None:
        return []
    return [("Source", "{read:,} rows = {used:,} used + {set_aside:,} set aside".format_map(rows))]


def _quarantine(built: Built) -> Lines:
    tables = built.rows("""
        select raw_table, quarantined_rows
        from marts.rpt_event_reconciliation
        where quarantined_rows > 0
        order by quarantined_rows desc, raw_table asc
    """)
    counts = ", ".join("{raw_table} {quarantined_rows:,}".format_map(table) for table in tables)
    return [("Quarantine", counts or "every row can be used")]


def _event_times(built: Built) -> Lines:
    tables = built.rows("""
        select *, (select max(lifecycle) from marts.rpt_churn_rates) as lifecycle
        from marts.rpt_event_times
        order by raw_table
    """)
    later = [f"{table['raw_table']} {table['rows_after_as_of']:,}" for table in tables if table["rows_after_as_of"]]
    lines = []
    if any(table["raw_table"] == "subscription_events" and _are_dates(table) for table in tables):
        lines.append(
            ("Times", "subscription events have dates only: what starts and ends on one day counts as active on it")
        )
    if later:
        lines.append(("Later", f"rows after as_of, in no figure yet: {', '.join(later)}"))
    return lines + [
        (
            "Warning",
            "{raw_table}: {rows_too_early:,} rows are older than earliest_plausible_year in seeds/thresholds.csv, the "
            "first {first_at}; all periods begin there".format_map(table),
        )
        for table in tables
        if table["rows_too_early"]
    ]


def _are_dates(table: dict) -> bool:
    is_used = table["lifecycle"] == "subscription" and table["last_at"] is not None
    return is_used and table["rows_with_time_of_day"] == 0


UNKNOWN_REASONS = """
    with losses as (
        select churned.reason_code, unknown.value is not null as is_unknown
        from marts.fct_churn_events as churned
        left join marts.rpt_unmapped_values as unknown
            on unknown.column_name = 'reason_code' and churned.reason_code = unknown.value
    )
    select
        reason_code as value,
        count(*) as losses,
        (select count(*) from losses) as all_losses
    from losses
    where is_unknown
    group by reason_code
    order by losses desc, value asc
"""


def _unknown_codes(built: Built) -> Lines:
    reasons = built.rows(UNKNOWN_REASONS)
    lines = []
    if reasons:
        unknown = sum(reason["losses"] for reason in reasons)
        lines.append(
            (
                "Reasons",
                f"{unknown:,} of {reasons[0]['all_losses']:,} losses have a reason that seeds/churn_reasons.csv does "
                f"not know: {_counted(reasons, 'losses')}",
            )
        )
    columns: dict[str, list[dict]] = {}
    for row in built.rows("select * from marts.rpt_unmapped_values order by rows desc, value"):
        columns.setdefault(f"{row['raw_table']}.{row['column_name']}", []).append(row)
    if columns:
        counts = "; ".join(f"{column} {_counted(rows, 'rows')}" for column, rows in columns.items())
        lines.append(("Codes", f"that no list knows, in rows (see marts.rpt_unmapped_values): {counts}"))
    return lines


def _spellings(built: Built) -> Lines:
    alike: dict[tuple[str, str], list[dict]] = {}
    for row in built.rows("select * from marts.rpt_similar_values order by column_name, rows desc, value"):
        alike.setdefault((row["column_name"], row["compared_as"]), []).append(row)
    if not alike:
        return []
    shown = "; ".join(f"{column} {_counted(rows, 'rows')}" for (column, _), rows in list(alike.items())[:SHOWN])
    more = f" and {len(alike) - SHOWN:,} more" if len(alike) > SHOWN else ""
    return [("Warning", f"values that differ only by case or blanks, each a group of its own: {shown}{more} "
             "(see marts.rpt_similar_values)")]  # fmt: skip


# The periods that hold as_of have every segment: the year all values, the day the largest and (other). A value that is
# itself called (other) is one of the others.
OTHER_SEGMENTS = """
    with segments as (
        select
            segment_type,
            segment_value,
            bool_or(period_grain = 'day') as is_of_days,
            bool_or(period_grain = 'year') as is_value
        from marts.fct_segment_periods
        where period_grain in ('day', 'year') and not is_complete_period
        group by segment_type, segment_value
    )
    select
        segment_type,
        count(*) filter (where is_value) as all_values,
        count(*) filter (where is_value and (not is_of_days or segment_value = '(other)')) as other_values,
        bool_or(is_value and segment_value = '(other)') as has_value_called_other
    from segments
    group by segment_type
    having bool_or(not is_of_days)
    order by segment_type
"""


def _other_segments(built: Built) -> Lines:
    types = built.rows(OTHER_SEGMENTS)
    if not types:
        return []
    counts = ", ".join("{segment_type} {other_values:,} of {all_values:,}".format_map(one) for one in types)
    called_other = [one["segment_type"] for one in types if one["has_value_called_other"]]
    also = f"; a value called (other) is one of them: {', '.join(called_other)}" if called_other else ""
    return [("Warning", "values counted together as (other) by day and week, beyond the setting "
             f"largest_segment_values: {counts}{also}")]  # fmt: skip


def _counted(values: list[dict], count: str) -> str:
    """The first values with their counts, and how many more there are."""
    shown = ", ".join(f"{value['value']} {value[count]:,}" for value in values[:SHOWN])
    return shown + (f" and {len(values) - SHOWN:,} more" if len(values) > SHOWN else "")


def _warehouse(built: Built) -> Lines:
    return [("Warehouse", f"{built.warehouse}: schema marts, {len(built.publication.rows)} tables")]


# the complete months of all customers
MONTHS = """
    select
        churn.period_start,
        churn.customers_start,
        churn.customers_end,
        churn.churn_rate,
        churn.churn_rate_lower,
        churn.churn_rate_upper,
        churn.customers_churned_voluntary,
        churn.customers_churned_involuntary,
        churn.customers_churned_unknown,
        retention.net_revenue_retention,
        mrr.mrr_end
    from marts.rpt_churn_rates as churn
    inner join marts.rpt_retention_rates as retention using (period_grain, period_start, segment_type, segment_value)
    inner join marts.rpt_mrr_movements as mrr using (period_grain, period_start, segment_type, segment_value)
    where churn.period_grain = 'month' and churn.segment_type = 'all' and churn.is_complete_period
"""
LAST_MONTH = f"{MONTHS} order by churn.period_start desc limit 1"


def _last_month(built: Built) -> Lines:
    month = built.row(LAST_MONTH)
    if month is None:
        # what was not landed is not waited for
        return [(name, "no complete month yet") for name in ("Customers", "Churn", "Revenue") if _has_customers(built)]
    customers = "{period_start:%B %Y}: {customers_start:,} at the start, {customers_end:,} at the end".format_map(month)
    churn, revenue = "no customers at the start", "MRR {mrr_end:,.0f} at the end".format_map(month)
    if month["churn_rate"] is not None:
        kinds = ("voluntary", "involuntary", "unknown")
        lost = [month[f"customers_churned_{kind}"] for kind in kinds]
        shares = add_up(lost, int(f"{month['churn_rate']:.2%}".translate({ord("."): "", ord("%"): ""})))
        parts = ", ".join(f"{share / 10_000:.2%} {kind}" for share, kind in zip(shares, kinds, strict=True))
        churn = "{churn_rate:.2%} [{churn_rate_lower:.2%} to {churn_rate_upper:.2%}]".format_map(month) + f": {parts}"
    if month["net_revenue_retention"] is not None:
        revenue += ", net revenue retention {net_revenue_retention:.2%}".format_map(month)
    return [("Customers", customers), ("Churn", churn), ("Revenue", revenue)]


def _changes(built: Built) -> Lines:
    """The last month that the version before told of, then and now."""
    if not _has_customers(built):
        return []
    if built.previous is None:
        return [("Before", "nothing to compare with: no version before is kept")]
    try:
        with duckdb.connect(str(built.previous), read_only=True) as marts:
            then = replace(built, marts=marts).row(LAST_MONTH)
    except duckdb.Error:
        return [("Before", "the version before has other columns: it is of another version of the project")]
    if then is None:
        return [("Before", "the version before had no complete month")]
    name = f"{then['period_start']:%B %Y} in the version before"
    now = built.row(f"{MONTHS} and churn.period_start = date '{then['period_start']}'")
    if now is None:
        return [("Before", f"{name}: no complete month any more")]
    figures = (("customers", "customers_end", "{:,}"), ("churn", "churn_rate", "{:.2%}"), ("MRR", "mrr_end", "{:,.0f}"))
    told = [
        (label, *(shown.format(month[name]) for month in (then, now)))
        for label, name, shown in figures
        if None not in (then[name], now[name])
    ]
    changed = "; ".join(f"{label} {was}, now {becomes}" for label, was, becomes in told if was != becomes)
    return [("Before", f"{name}: {changed or 'the same'}")]


def add_up(parts: Sequence[int], total: int) -> list[int]:
    """The total in whole numbers proportional to the parts, whose sum is the total: rounded each by itself, they might
    miss it by one. The largest remainders are rounded up."""
    whole = sum(parts)
    if whole == 0:
        return [0] * len(parts)
    shares = [part * total // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: parts[place] * total % whole, reverse=True)
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def _nps(built: Built) -> Lines:
    row = None
    # the last month says what there is before a quarter is over
    for grain in ("quarter", "month"):
        row = row or built.row(f"""
            select period_grain, period_start, nps, nps_lower, nps_upper, respondents
            from marts.rpt_nps
            where
                period_grain = '{grain}' and segment_type = 'all' and touchpoint_type = 'relational'
                and is_complete_period and nps is not null
            order by period_start desc
            limit 1
        """)
    if row is None:
        return [("NPS", "no complete quarter or month with an answer about us as a whole")]
    words = "{period_start} {period_grain}: {nps:.0f} [{nps_lower:.0f} to {nps_upper:.0f}], {respondents:,} respondents"
    return [("NPS", words.format_map(row))]


def _places(built: Built) -> Lines:
    return [
        ("Published", f"{built.published}: open it read-only with any BI tool"),
        ("Quality", f"{built.pages}: index.html in landing/, staging/ and marts/ says what was checked"),
    ]


def _boards(built: Built) -> Lines:
    overview = built.published.parent / "boards" / "en" / "overview.html"
    return [("Boards", f"{overview}: open it in a browser, no network needed")] if overview.exists() else []


def _warnings(built: Built) -> Lines:
    return [("Warning", warning) for warning in (*built.warnings, *built.publication.warnings)]


LINES: tuple[Callable[[Built], Lines], ...] = (
    _data,
    _lifecycle,
    _rows,
    _source,
    _quarantine,
    _event_times,
    _unknown_codes,
    _spellings,
    _other_segments,
    _warehouse,
    _last_month,
    _changes,
    _nps,
    _places,
    _boards,
    _warnings,
)
