{#- One row per customer that ordered: how often it came back, when last, and for how much, seen at as_of. -#}
with orders as (
    select
        orders.customer_id,
        {{ reporting_date("orders.ordered_at") }} as ordered_on,
        {{ converted_amount("orders.amount", "rates.rate_to_reporting") }}
        - {{ converted_amount("coalesce(orders.refunded_amount, 0)", "rates.rate_to_reporting") }} as amount,
        moment.as_of_on
    from {{ ref("stg_orders__orders") }} as orders
    inner join {{ ref("int_report_moment") }} as moment
        on orders.ordered_at <= moment.as_of
    left join {{ ref("int_exchange_rates_daily") }} as rates
        on
            {{ foreign_currency("orders.currency") }} = rates.currency
            and cast(orders.ordered_at as date) = rates.date_day
),

order_days as (
    -- the models know one order per day
    select
        customer_id,
        ordered_on,
        as_of_on,
        cast(sum(amount) as decimal(38, 6)) as amount,
        min(ordered_on) over (partition by customer_id) as first_ordered_on
    from orders
    group by customer_id, ordered_on, as_of_on
)

select
    customer_id,
    cast(count(*) - 1 as integer) as repeat_orders,
    -- in whole weeks, so that customers fall into few patterns, however many they are
    cast(round({{ dbt.datediff("min(ordered_on)", "max(ordered_on)", "day") }} / 7.0) as integer) as recency_weeks,
    cast(round({{ dbt.datediff("min(ordered_on)", "min(as_of_on)", "day") }} / 7.0) as integer) as observed_weeks,
    -- as the model's authors do, the first order does not count: it is there for everybody
    round(
        sum(case when ordered_on > first_ordered_on then amount end)
        / nullif(sum(case when ordered_on > first_ordered_on then 1 else 0 end), 0), 2
    ) as repeat_order_value
from order_days
group by customer_id
