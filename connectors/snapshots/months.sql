-- What a subscription is worth in each month of the table; rows of several plans add up. 0 is no customer. A month without
-- any MRR is one that the table does not have: the month before it is the neighbour of the one after it.
with snapshots as (
    select
        *,
        as_month(month) as month_start,
        as_number(mrr) as worth,
        concat_ws('/', coalesce(subscription_id, customer_id), upper(currency)) as subscription,
        dense_rank() over (order by as_month(month)) as place
    from used.snapshots
    where as_number(mrr) > 0
)

select
    max_by(customer_id, worth) as customer_id,
    subscription,
    month_start,
    place,
    max_by(plan, worth) as plan_id,
    any_value(upper(currency)) as currency,
    sum(worth) as amount
from snapshots
group by subscription, month_start, place
