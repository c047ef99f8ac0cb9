-- What: raw rows = accepted + duplicates + quarantined, per raw table, and every quarantined row can be read.
-- When it fails: staging loses or doubles rows of the table returned. Compare its base_ and stg_ models by key.
with quarantined as (
    select
        raw_table,
        count(*) as readable_rows
    from {{ ref("rpt_quarantine") }}
    group by raw_table
)

select
    counts.*,
    quarantined.readable_rows
from {{ ref("rpt_event_reconciliation") }} as counts
left join quarantined on counts.raw_table = quarantined.raw_table
where
    counts.raw_rows <> counts.accepted_rows + counts.duplicate_rows + counts.quarantined_rows
    or counts.quarantined_rows <> coalesce(quarantined.readable_rows, 0)
