{#- One row per customer and kind of receipt: money received less refunds, in the reporting currency, seen at as_of. -#}
select
    customer_id,
    receipt_kind,
    cast(sum(received) as decimal(38, 6)) as received
from {{ ref("int_receipts") }}
group by customer_id, receipt_kind
