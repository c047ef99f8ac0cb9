select
    -- ids
    contact_id,
    customer_id,
    -- times
    contacted_at,
    opened_at,
    clicked_at,
    replied_at,
    loaded_at,
    -- flags
    is_control,
    -- text
    campaign,
    channel,
    trigger_code
from {{ ref("base_marketing__campaign_contacts") }}
where row_status = 'accepted'
