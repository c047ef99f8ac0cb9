select
    -- ids
    invoice_id,
    customer_id,
    subscription_id,
    -- times
    issued_at,
    paid_at,
    -- when its money came: a time that is not given is the earliest that it can be
    case
        when coalesce(status, 'paid') in ('paid', 'refunded')
            then coalesce(paid_at, case when status is not null then issued_at end)
    end as received_at,
    loaded_at,
    -- numbers
    amount,
    refunded_amount,
    -- text
    coalesce(status, case when paid_at is null then 'open' else 'paid' end) as status,
    currency
from {{ ref("base_billing__invoices") }}
where row_status = 'accepted'
