-- What was asked for, by invoice. A credit note is no invoice of the contract: it stands as a refund of the one it is for.
with billed as (
    select
        invoice,
        max_by(customer_id, gross) as customer_id,
        case when count(distinct subscription) = 1 then any_value(subscription) end as subscription_id,
        min(issued) as issued_at,
        max(as_time(paid_at)) as paid_at,
        max_by(coalesce(means, status), gross) as status,
        sum(gross) as amount,
        sum(given_back) as given_back,
        any_value(money) as currency
    from lines
    group by invoice
),

credit_notes as (
    select terms.invoice, -sum(credits.net) as given_back
    from credited
    inner join terms using (subscription, place)
    inner join terms as credits
        on credits.subscription = credited.subscription and credits.place = credited.credit_place
        and credits.first_day = credited.day
    inner join billed on billed.invoice = credits.invoice and billed.amount < 0
    group by terms.invoice
)

select
    billed.* exclude (invoice, given_back),
    billed.invoice as invoice_id,
    least(billed.given_back + coalesce(credit_notes.given_back, 0), billed.amount) as refunded_amount
from billed
left join credit_notes using (invoice)
where billed.amount >= 0
