-- What was left out of every raw table, and why: the first thing to look at when a whole report is lower than expected.
-- The share is of the table's landed rows; the example finds the row in rpt_quarantine.
select
    quarantine.raw_table,
    quarantine.reason,
    count(*) as quarantined_rows,
    100.0 * count(*) / max(counts.raw_rows) as percent_of_table,
    max(counts.duplicate_rows) as duplicate_rows_of_table,
    min(quarantine.row_key) as example_row_key
from {{ ref("rpt_quarantine") }} as quarantine
inner join {{ ref("rpt_event_reconciliation") }} as counts
    on quarantine.raw_table = counts.raw_table
group by quarantine.raw_table, quarantine.reason
order by quarantined_rows desc, quarantine.raw_table asc, quarantine.reason asc
