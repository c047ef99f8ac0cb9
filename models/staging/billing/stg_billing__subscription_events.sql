select
    -- ids
    event_id,
    customer_id,
    subscription_id,
    plan_id,
    product_id,
    -- times
    occurred_at,
    loaded_at,
    -- numbers
    amount,
    billing_interval_count,
    quantity,
    -- text
    event_type,
    currency,
    billing_interval,
    reason_code,
    reason_text,
    cancelled_by
from {{ ref("base_billing__subscription_events") }}
where row_status = 'accepted'
