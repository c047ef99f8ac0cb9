-- When the payment of an invoice failed first, and when it came after all.
with failures as (
    select invoice_id, min(as_time(created)) as failed_at
    from used.charges
    where lower(status) = 'failed'
    group by invoice_id
),

of_subscriptions as (
    select
        invoices.id as invoice_id,
        invoices.subscription_id,
        failures.failed_at,
        case when lower(invoices.status) = 'paid' then as_time(invoices.paid_at) end as paid_at
    from failures
    inner join used.invoices as invoices on failures.invoice_id = invoices.id
    where invoices.subscription_id is not null
)

select subscription_id, invoice_id, 'payment_failed' as event_type, failed_at as moment from of_subscriptions
union all
select subscription_id, invoice_id, 'payment_recovered', paid_at
from of_subscriptions
where paid_at > failed_at
