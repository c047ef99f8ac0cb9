select
    invoices.id as invoice_id,
    coalesce(accounts.code, invoices.account_id) as customer_id,
    as_time(invoices.created_at) as issued_at,
    case when statuses.status = 'paid' then as_time(invoices.closed_at) end as paid_at,
    coalesce(statuses.status, lower(invoices.state)) as status,
    as_number(invoices.total) - coalesce(as_number(invoices.tax), 0) as amount,
    upper(invoices.currency) as currency
from used.invoices as invoices
left join used.accounts as accounts on accounts.id = invoices.account_id
left join statuses on statuses.state = lower(invoices.state)
