select
    -- times
    loaded_at,
    -- numbers
    rows_read,
    rows_used,
    -- text
    source_table
from {{ ref("base_connectors__source_tables") }}
where row_status = 'accepted'
