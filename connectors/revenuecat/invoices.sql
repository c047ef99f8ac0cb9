select
    store_transaction_id as invoice_id,
    customer_id,
    subscription as subscription_id,
    begins as issued_at,
    begins as paid_at,
    case when refunded_at is null then 'paid' else 'refunded' end as status,
    amount,
    case when refunded_at is not null then cast(amount * (1 - as_number(price) / paid) as decimal(18, 6)) end as refunded_amount,
    upper(currency) as currency
from terms
where amount > 0 and not is_trial
