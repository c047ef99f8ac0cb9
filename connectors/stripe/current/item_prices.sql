-- What an item costs, from when on: today's price from the start, as nobody knows of another.
select
    item_id,
    timestamp '1970-01-01' as moment,
    plan_id,
    quantity,
    case when not is_metered then unit_amount * quantity end as amount,
    currency,
    billing_interval,
    billing_interval_count,
    is_metered,
    is_with_tax
from items
