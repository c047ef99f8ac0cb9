with latest as (
    {{ latest_versions("invoices", ref("base_billing__invoices")) }}
)

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
from latest
