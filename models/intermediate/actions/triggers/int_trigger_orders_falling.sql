{#-
    A customer that orders regularly has not ordered for so many times its usual gap, or its last two orders were each so many
    times smaller than those before: until the next order. What is usual follows from the days with orders until then.
-#}
with days as (
    select
        orders.customer_id,
        {{ reporting_date("orders.received_at") }} as ordered_on,
        min(orders.received_at) as ordered_at,
        sum(orders.received) as amount
    from {{ ref("int_receipts") }} as orders
    where orders.receipt_kind = 'orders'
    group by orders.customer_id, {{ reporting_date("orders.received_at") }}
),

running as (
    select
        customer_id,
        ordered_on,
        amount,
        count(*) over until_here as days_ordered,
        min(ordered_on) over until_here as first_ordered_on,
        sum(amount) over until_here as amount_so_far,
        lag(amount) over in_time as previous_amount,
        lead(ordered_at) over in_time as next_ordered_at
    from days
    window
        in_time as (partition by customer_id order by ordered_on),
        until_here as (partition by customer_id order by ordered_on rows unbounded preceding)
),

usual as (
    select
        running.*,
        plays.trigger_code,
        plays.threshold,
        regular.value as regular_days,
        {{ dbt.datediff("running.first_ordered_on", "running.ordered_on", "day") }} * plays.threshold
        / nullif(running.days_ordered - 1, 0) as days_too_long,
        (running.amount_so_far - running.amount - running.previous_amount)
        / nullif(running.days_ordered - 2, 0) / plays.threshold as amount_too_small
    from running
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'orders_falling'
    inner join {{ ref("thresholds") }} as regular
        on regular.threshold = 'regular_order_days'
),

falling as (
    select
        trigger_code,
        customer_id,
        cast({{ dbt.dateadd("day", "cast(ceil(days_too_long) as integer)", "ordered_on") }} as date) as from_on,
        next_ordered_at,
        {{ as_double("days_too_long") }} as value
    from usual
    where days_ordered >= regular_days
    union all
    -- of the two, neither is usual; what was ordered on a day is known when it is over
    select
        trigger_code,
        customer_id,
        cast({{ dbt.dateadd("day", 1, "ordered_on") }} as date) as from_on,
        next_ordered_at,
        {{ as_double("amount") }} as value
    from usual
    where days_ordered >= regular_days + 2 and amount <= amount_too_small and previous_amount <= amount_too_small
)

select
    trigger_code,
    customer_id,
    {{ reporting_midnight("from_on") }} as began_at,
    next_ordered_at as ended_at,
    value
from falling
where coalesce({{ reporting_midnight("from_on") }} < next_ordered_at, true)
