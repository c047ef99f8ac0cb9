-- The limit: what any build must at least do with the events. One read of the columns that the models use, one sort by
-- customer and time, one pass over it. The hash takes in every value, so that nothing of it can be left out.
select
    count(*) as events,
    bit_xor(
        hash(
            event_id, customer_id, subscription_id, event_type, occurred_at, plan_id, amount, currency, billing_interval,
            reason_code, cancelled_by, loaded_at, previous_amount
        )
    ) as hash_of_all
from (
    select
        *,
        lag(amount) over (partition by customer_id order by occurred_at) as previous_amount
    from subscription_events
);
