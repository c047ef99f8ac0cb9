{#-
    What was ordered of each product by month, quarter and year, and what became of those who bought for the first time. An
    order that was refunded counts in the period of the order: nobody says when the money went back.
-#}
with orders as (
    select
        {{ segment_value("orders.product") }} as product,
        orders.customer_id,
        {{ reporting_date("orders.ordered_at") }} as ordered_on,
        moment.as_of_on,
        coalesce(orders.refunded_amount, 0) > 0 as is_refunded,
        {{ converted_amount("orders.amount", "rates.rate_to_reporting") }} as amount,
        {{ converted_amount("coalesce(orders.refunded_amount, 0)", "rates.rate_to_reporting") }} as refunded_amount
    from {{ ref("stg_orders__orders") }} as orders
    inner join {{ ref("int_report_moment") }} as moment
        on orders.ordered_at <= moment.as_of
    left join {{ ref("int_exchange_rates_daily") }} as rates
        on
            {{ foreign_currency("orders.currency") }} = rates.currency
            and cast(orders.ordered_at as date) = rates.date_day
),

product_days as (
    select
        product,
        customer_id,
        ordered_on,
        as_of_on,
        count(*) as orders,
        count(case when is_refunded then 1 end) as orders_refunded,
        sum(amount) as amount,
        sum(refunded_amount) as refunded_amount,
        lead(ordered_on) over (partition by product, customer_id order by ordered_on) as next_of_product_on
    from orders
    group by product, customer_id, ordered_on, as_of_on
),

judged as (
    -- the first day of a customer, and whether it ordered anything on a later day in time
    select
        product_days.*,
        order_days.orders_so_far = order_days.orders as is_first,
        {{ dbt.datediff("product_days.ordered_on", "product_days.as_of_on", "day") }} > repeats.value as is_over,
        {{ dbt.datediff("product_days.ordered_on", "order_days.next_ordered_on", "day") }} <= repeats.value as has_returned
    from product_days
    inner join {{ ref("int_order_days") }} as order_days
        on product_days.customer_id = order_days.customer_id and product_days.ordered_on = order_days.ordered_on
    inner join {{ ref("thresholds") }} as repeats
        on repeats.threshold = 'product_repeat_days'
)

select
    calendar.period_grain,
    calendar.period_start,
    calendar.period_end,
    calendar.is_complete_period,
    judged.product,
    cast(sum(judged.orders) as bigint) as orders,
    cast(sum(judged.orders_refunded) as bigint) as orders_refunded,
    -- the last day of a customer in the period stands for it
    count(case when coalesce(judged.next_of_product_on >= calendar.period_end, true) then 1 end) as buyers,
    count(case when judged.is_first then 1 end) as new_buyers,
    count(case when judged.is_first and judged.is_over then 1 end) as new_buyers_judged,
    count(case when judged.is_first and judged.is_over and judged.has_returned then 1 end) as new_buyers_returned,
    cast(sum(judged.amount) as decimal(38, 6)) as revenue,
    cast(sum(judged.refunded_amount) as decimal(38, 6)) as refunded
from judged
inner join {{ ref("int_calendar_periods") }} as calendar
    on judged.ordered_on = calendar.date_day
where calendar.period_grain not in ('{{ fine_grains() | join("', '") }}')
group by calendar.period_grain, calendar.period_start, calendar.period_end, calendar.is_complete_period, judged.product
