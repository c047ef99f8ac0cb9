select
    -- ids
    metric,
    period_grain,
    -- times
    period_start,
    loaded_at,
    -- numbers
    target
from {{ ref("base_planning__targets") }}
where row_status = 'accepted'
