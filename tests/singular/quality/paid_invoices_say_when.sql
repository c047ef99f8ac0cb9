-- What: a paid or refunded invoice has a time of payment.
-- When it warns: its money counts at issued_at, the earliest that it can have come, so receipts may lie too early. Send paid_at.
{{ config(severity="warn") }}

select
    invoice_id,
    issued_at,
    status,
    amount
from {{ ref("stg_billing__invoices") }}
where paid_at is null and received_at is not null
