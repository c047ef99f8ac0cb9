-- What: the orders of all products are those of rpt_repeat_purchases, and what they brought less refunds is what int_receipts
--       says that orders brought in all; nobody is a new buyer who is no buyer, and none returned who was not judged.
-- When it fails: an order of the period returned has no product, or counts twice.
with products as (
    select
        period_grain,
        period_start,
        sum(orders) as orders,
        sum(revenue - refunded) as received,
        count(case when new_buyers > buyers or new_buyers_judged > new_buyers or new_buyers_returned > new_buyers_judged then 1 end)
            as impossible
    from {{ ref("rpt_product_orders") }}
    group by period_grain, period_start
),

receipts as (
    select
        calendar.period_grain,
        calendar.period_start,
        sum(receipts.received) as received
    from {{ ref("int_receipts") }} as receipts
    inner join {{ ref("int_calendar_periods") }} as calendar
        on {{ reporting_date("receipts.received_at") }} = calendar.date_day
    where receipts.receipt_kind = 'orders'
    group by calendar.period_grain, calendar.period_start
)

select
    everything.period_grain,
    everything.period_start,
    everything.orders,
    products.orders as orders_of_products,
    receipts.received,
    products.received as received_of_products,
    products.impossible
from {{ ref("rpt_repeat_purchases") }} as everything
left join products
    on everything.period_grain = products.period_grain and everything.period_start = products.period_start
left join receipts
    on everything.period_grain = receipts.period_grain and everything.period_start = receipts.period_start
where
    everything.segment_type = 'all'
    and everything.period_grain not in ('{{ fine_grains() | join("', '") }}')
    and (
        products.orders is null
        or products.orders <> everything.orders
        or products.received <> receipts.received
        or products.impossible > 0
    )
