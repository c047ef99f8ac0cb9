select
    -- ids
    customer_id,
    -- times
    created_at,
    loaded_at,
    -- text
    country,
    customer_segment,
    industry,
    acquisition_channel,
    owner,
    email
from {{ ref("base_crm__customers") }}
where row_status = 'accepted'
