{#- One row per customer and day with orders, with the orders so far: the last of a period says all about the period. -#}
with seen_orders as (
    select
        orders.customer_id,
        {{ reporting_date("orders.ordered_at") }} as ordered_on
    from {{ ref("stg_orders__orders") }} as orders
    inner join {{ ref("int_report_moment") }} as moment
        on orders.ordered_at <= moment.as_of
),

order_days as (
    select
        customer_id,
        ordered_on,
        count(*) as orders
    from seen_orders
    group by customer_id, ordered_on
)

select
    order_days.customer_id,
    order_days.ordered_on,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    order_days.orders,
    sum(order_days.orders) over (
        partition by order_days.customer_id order by order_days.ordered_on rows unbounded preceding
    ) as orders_so_far,
    lead(order_days.ordered_on) over (
        partition by order_days.customer_id order by order_days.ordered_on
    ) as next_ordered_on
from order_days
inner join {{ ref("int_customers") }} as customers
    on order_days.customer_id = customers.customer_id
