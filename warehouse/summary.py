"""What a build made, where it lies, and the headline numbers, in a dozen lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from warehouse.versions import Publication

HEADLINE = """
    select
        churn.period_start,
        churn.customers_start,
        churn.customers_end,
        churn.churn_rate,
        churn.churn_rate_lower,
        churn.churn_rate_upper,
        churn.voluntary_churn_rate,
        churn.involuntary_churn_rate,
        retention.net_revenue_retention,
        mrr.mrr_end
    from marts.rpt_churn_rates as churn
    inner join marts.rpt_retention_rates as retention using (period_grain, period_start, segment_type, segment_value)
    inner join marts.rpt_mrr_movements as mrr using (period_grain, period_start, segment_type, segment_value)
    where churn.period_grain = 'month' and churn.segment_type = 'all' and churn.is_complete_period
    order by churn.period_start desc
    limit 1
"""

QUARANTINED = """
    select raw_table, quarantined_rows
    from marts.rpt_event_reconciliation
    where quarantined_rows > 0
    order by quarantined_rows desc, raw_table asc
"""

NPS = """
    select period_start, nps, nps_lower, nps_upper, respondents
    from marts.rpt_nps
    where period_grain = 'quarter' and segment_type = 'all' and touchpoint_type = 'relational' and is_complete_period
        and nps is not null
    order by period_start desc
    limit 1
"""


def summarise(
    published: Path, publication: Publication, warehouse: Path, landing: str, pages: Path, warnings: Sequence[str] = ()
) -> str:
    """Return the summary of a build.

    Args:
        published: DuckDB file that readers open.
        publication: what was published in it.
        warehouse: what the reader calls the warehouse.
        landing: what the reader calls the landing folder.
        pages: folder of the gates' pages.
        warnings: of the gate before the build; those of the gate before publishing are in the publication.
    """
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(
            "select sum(raw_rows), sum(accepted_rows), sum(duplicate_rows), sum(quarantined_rows) "
            "from marts.rpt_event_reconciliation"
        ).fetchone()
        quarantined = connection.execute(QUARANTINED).fetchall()
        month = connection.execute(HEADLINE).fetchone()
        nps = connection.execute(NPS).fetchone()
    lines = [
        f"Data        {landing}, as of {publication.as_of or 'no event'} UTC",
        f"Rows        {rows[0]:,} landed = {rows[1]:,} accepted + {rows[2]:,} duplicates + {rows[3]:,} quarantined"
        + (" (see marts.rpt_quarantine)" if rows[3] else ""),
        *([f"Quarantine  {', '.join(f'{table} {count:,}' for table, count in quarantined)}"] if quarantined else []),
        f"Warehouse   {warehouse}: schema marts, {len(publication.rows)} tables",
        *_month(month),
    ]
    if nps:
        lines.append(
            f"NPS         {nps[0]} quarter: {nps[1]:.0f} [{nps[2]:.0f} to {nps[3]:.0f}], {nps[4]:,} respondents"
        )
    lines.append(f"Published   {published}: open it read-only with any BI tool")
    lines.append(f"Quality     {pages}: landing/index.html and marts/index.html say what was checked")
    lines += [f"Warning     {warning}" for warning in (*warnings, *publication.warnings)]
    return "\n".join(lines)


def _month(month: tuple | None) -> list[str]:
    if month is None:
        return ["Headline    no complete month yet"]
    (start, customers_start, customers_end, churn, lower, upper, voluntary, involuntary, net_retention, mrr) = month
    lines = [f"Customers   {start:%B %Y}: {customers_start:,} at the start, {customers_end:,} at the end"]
    if churn is not None:
        lines.append(
            f"Churn       {churn:.2%} [{lower:.2%} to {upper:.2%}]: "
            f"{voluntary:.2%} voluntary, {involuntary:.2%} involuntary"
        )
    if net_retention is not None:
        lines.append(f"Revenue     MRR {mrr:,.0f} at the end, net revenue retention {net_retention:.2%}")
    return lines
