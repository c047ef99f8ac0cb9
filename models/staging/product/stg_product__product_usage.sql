with latest as (
    {{ latest_versions("product_usage", ref("base_product__product_usage")) }}
)

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
from latest
