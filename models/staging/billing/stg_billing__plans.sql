select
    -- ids
    plan_id,
    product_id,
    -- times
    loaded_at,
    -- numbers
    seat_limit,
    usage_limit,
    -- text
    plan_name,
    plan_tier
from {{ ref("base_billing__plans") }}
where row_status = 'accepted'
