select
    -- ids
    customer_id,
    feature,
    -- times
    used_on,
    loaded_at,
    -- numbers
    usage_count,
    minutes,
    active_seats
from {{ ref("base_product__product_usage") }}
where row_status = 'accepted'
