-- Invoices as they were issued, before tax, with what was given back since.
with refunds as (
    select invoice_id, sum(try_cast(amount_refunded as decimal(30, 6))) as refunded
    from used.charges
    group by invoice_id
),

amounts as (
    select
        invoices.*,
        coalesce(
            try_cast(invoices.total_excluding_tax as decimal(30, 6)),
            try_cast(invoices.total as decimal(30, 6)) - coalesce(try_cast(invoices.tax as decimal(30, 6)), 0)
        ) as amount,
        coalesce(refunds.refunded, 0) as refunded,
        try_cast(invoices.total as decimal(30, 6)) as total_with_tax
    from used.invoices as invoices
    left join refunds on invoices.id = refunds.invoice_id
)

select
    id as invoice_id,
    customer_id,
    as_time(created) as issued_at,
    case when lower(status) = 'paid' then as_time(paid_at) end as paid_at,
    case when refunded > 0 and refunded >= total_with_tax then 'refunded' else lower(status) end as status,
    as_money(amount, currency) as amount,
    as_money(least(refunded, amount), currency) as refunded_amount,
    upper(currency) as currency
from amounts
