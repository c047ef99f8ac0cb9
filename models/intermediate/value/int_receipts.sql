{{ config(materialized="view") }}

{#- One row per receipt by as_of: money received less refunds, in the reporting currency. -#}
with receipts as (
    select
        invoices.invoice_id as receipt_id,
        invoices.customer_id,
        'invoices' as receipt_kind,
        invoices.received_at,
        invoices.currency,
        invoices.amount,
        -- a refunded invoice without an amount given back was given back whole
        coalesce(invoices.refunded_amount, case when invoices.status = 'refunded' then invoices.amount end, 0) as refunded_amount
    from {{ ref("stg_billing__invoices") }} as invoices
    where invoices.received_at is not null
    union all
    select
        order_id as receipt_id,
        customer_id,
        'orders' as receipt_kind,
        ordered_at as received_at,
        currency,
        amount,
        coalesce(refunded_amount, 0) as refunded_amount
    from {{ ref("stg_orders__orders") }}
)

select
    receipts.receipt_id,
    receipts.customer_id,
    receipts.receipt_kind,
    receipts.received_at,
    {{ converted_amount("receipts.amount", "rates.rate_to_reporting") }}
    - {{ converted_amount("receipts.refunded_amount", "rates.rate_to_reporting") }} as received
from receipts
inner join {{ ref("int_report_moment") }} as moment
    on receipts.received_at <= moment.as_of
left join {{ ref("int_exchange_rates_daily") }} as rates
    on
        {{ foreign_currency("receipts.currency") }} = rates.currency
        and cast(receipts.received_at as date) = rates.date_day
