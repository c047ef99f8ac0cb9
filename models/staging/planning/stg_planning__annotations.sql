select
    -- ids
    label,
    -- times
    annotated_on,
    loaded_at,
    -- text
    kind,
    segment_type,
    segment_value
from {{ ref("base_planning__annotations") }}
where row_status = 'accepted'
