select
    invoices.id as invoice_id,
    invoices.customer_id,
    invoices.subscription_id,
    as_time(invoices.issued_at) as issued_at,
    case when statuses.means = 'paid' then as_time(invoices.paid_at) end as paid_at,
    coalesce(statuses.means, lower(invoices.status)) as status,
    as_money(invoices.total, invoices.currency) - coalesce(as_money(invoices.tax, invoices.currency), 0) as amount,
    upper(invoices.currency) as currency
from used.invoices as invoices
left join statuses on statuses.status = lower(invoices.status)
