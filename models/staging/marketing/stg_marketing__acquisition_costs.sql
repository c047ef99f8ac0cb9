select
    -- ids
    acquisition_channel,
    -- times
    month,
    loaded_at,
    -- numbers
    cost,
    -- text
    currency
from {{ ref("base_marketing__acquisition_costs") }}
where row_status = 'accepted'
