select
    -- ids
    customer_id,
    -- times
    loaded_at,
    -- numbers
    row_of_table,
    -- text
    source_table,
    reason,
    source_key
from {{ ref("base_connectors__set_aside_rows") }}
where row_status = 'accepted'
