select
    -- ids
    invoice_id,
    customer_id,
    subscription_id,
    -- times
    issued_at,
    paid_at,
    loaded_at,
    -- numbers
    amount,
    refunded_amount,
    -- text
    status,
    currency
from {{ ref("base_billing__invoices") }}
where row_status = 'accepted'
