select
    -- ids
    order_id,
    customer_id,
    -- times
    ordered_at,
    loaded_at,
    -- numbers
    amount,
    refunded_amount,
    -- text
    currency,
    product
from {{ ref("base_orders__orders") }}
where row_status = 'accepted'
