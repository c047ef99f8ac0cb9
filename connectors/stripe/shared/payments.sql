-- When the payment of an invoice failed first, why, and when it came after all.
with failures as (
    select invoice_id, as_time(created) as failed_at, coalesce(outcome_reason, failure_code) as decline_reason
    from used.charges
    where lower(status) = 'failed'
    qualify row_number() over (partition by invoice_id order by as_time(created), id) = 1
),

of_subscriptions as (
    select
        invoices.id as invoice_id,
        invoices.subscription_id,
        failures.failed_at,
        failures.decline_reason,
        case when lower(invoices.status) = 'paid' then as_time(invoices.paid_at) end as paid_at
    from failures
    inner join used.invoices as invoices on failures.invoice_id = invoices.id
    where invoices.subscription_id is not null
)

select subscription_id, invoice_id, 'payment_failed' as event_type, failed_at as moment, decline_reason
from of_subscriptions
union all by name
select subscription_id, invoice_id, 'payment_recovered' as event_type, paid_at as moment
from of_subscriptions
where paid_at > failed_at
