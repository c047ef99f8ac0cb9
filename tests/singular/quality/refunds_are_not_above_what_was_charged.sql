-- What: no more is given back than an invoice or an order charged.
-- When it warns: refunds count as landed, so the rows returned lower what was received below 0: a refund in cents, in another
--                currency, or of several invoices on one row. Mend it in the source, or keep it if the money did go out.
{{ config(severity="warn") }}

select
    'invoices' as raw_table,
    invoice_id as row_key,
    amount,
    refunded_amount
from {{ ref("stg_billing__invoices") }}
where refunded_amount > amount
union all
select
    'orders' as raw_table,
    order_id as row_key,
    amount,
    refunded_amount
from {{ ref("stg_orders__orders") }}
where refunded_amount > amount
