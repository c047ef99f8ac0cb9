select
    -- ids
    plan_id,
    -- times
    loaded_at,
    -- text
    plan_name,
    plan_tier
from {{ ref("base_billing__plans") }}
where row_status = 'accepted'
