"""What a build made, where it lies, and the headline numbers, in a dozen lines.

Each line is a function of LINES: it asks the published marts and returns its lines, none where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.versions import Publication


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
    """

    marts: duckdb.DuckDBPyConnection
    publication: Publication
    published: Path
    warehouse: Path
    landing: str
    pages: Path
    warnings: Sequence[str] = ()

    def row(self, query: str) -> dict | None:
        """The first row of a query by column name; None where there is none."""
        return next(iter(self.rows(query)), None)

    def rows(self, query: str) -> list[dict]:
        """The rows of a query by column name."""
        found = self.marts.execute(query)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def summarise(
    published: Path, publication: Publication, warehouse: Path, landing: str, pages: Path, warnings: Sequence[str] = ()
) -> str:
    """Return the summary of a build; the arguments are those of Built."""
    with duckdb.connect(str(published), read_only=True) as marts:
        built = Built(marts, publication, published, warehouse, landing, pages, warnings)
        return "\n".join(f"{name:<12}{text}" for line in LINES for name, text in line(built))


Lines = list[tuple[str, str]]


def _data(built: Built) -> Lines:
    return [("Data", f"{built.landing}, as of {built.publication.as_of or 'no event'} UTC")]


def _rows(built: Built) -> Lines:
    rows = built.row("""
        select
            sum(raw_rows) as landed,
            sum(accepted_rows) as accepted,
            sum(duplicate_rows) as duplicates,
            sum(quarantined_rows) as quarantined
        from marts.rpt_event_reconciliation
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


def _quarantine(built: Built) -> Lines:
    tables = built.rows("""
        select raw_table, quarantined_rows
        from marts.rpt_event_reconciliation
        where quarantined_rows > 0
        order by quarantined_rows desc, raw_table asc
    """)
    if not tables:
        return []
    return [("Quarantine", ", ".join("{raw_table} {quarantined_rows:,}".format_map(table) for table in tables))]


def _warehouse(built: Built) -> Lines:
    return [("Warehouse", f"{built.warehouse}: schema marts, {len(built.publication.rows)} tables")]


LAST_MONTH = """
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
    order by churn.period_start desc
    limit 1
"""


def _last_month(built: Built) -> Lines:
    month = built.row(LAST_MONTH)
    if month is None:
        return [("Headline", "no complete month yet")]
    lines = [
        (
            "Customers",
            "{period_start:%B %Y}: {customers_start:,} at the start, {customers_end:,} at the end".format_map(month),
        )
    ]
    if month["churn_rate"] is not None:
        kinds = ("voluntary", "involuntary", "unknown")
        lost = [month[f"customers_churned_{kind}"] for kind in kinds]
        shares = add_up(lost, int(f"{month['churn_rate']:.2%}".translate({ord("."): "", ord("%"): ""})))
        parts = ", ".join(f"{share / 10_000:.2%} {kind}" for share, kind in zip(shares, kinds, strict=True))
        bounds = "{churn_rate:.2%} [{churn_rate_lower:.2%} to {churn_rate_upper:.2%}]".format_map(month)
        lines.append(("Churn", f"{bounds}: {parts}"))
    if month["net_revenue_retention"] is not None:
        lines.append(
            (
                "Revenue",
                "MRR {mrr_end:,.0f} at the end, net revenue retention {net_revenue_retention:.2%}".format_map(month),
            )
        )
    return lines


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
    quarter = built.row("""
        select period_start, nps, nps_lower, nps_upper, respondents
        from marts.rpt_nps
        where
            period_grain = 'quarter' and segment_type = 'all' and touchpoint_type = 'relational'
            and is_complete_period and nps is not null
        order by period_start desc
        limit 1
    """)
    if quarter is None:
        return []
    words = "{period_start} quarter: {nps:.0f} [{nps_lower:.0f} to {nps_upper:.0f}], {respondents:,} respondents"
    return [("NPS", words.format_map(quarter))]


def _places(built: Built) -> Lines:
    return [
        ("Published", f"{built.published}: open it read-only with any BI tool"),
        ("Quality", f"{built.pages}: landing/index.html and marts/index.html say what was checked"),
    ]


def _warnings(built: Built) -> Lines:
    return [("Warning", warning) for warning in (*built.warnings, *built.publication.warnings)]


LINES: tuple[Callable[[Built], Lines], ...] = (
    _data,
    _rows,
    _quarantine,
    _warehouse,
    _last_month,
    _nps,
    _places,
    _warnings,
)
