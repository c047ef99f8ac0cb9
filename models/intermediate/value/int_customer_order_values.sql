{{ config(materialized="view") }}

{#- One row per customer that ordered: what its coming orders are worth, before margin. -#}
{%- set expected_columns = {
    "repeat_orders": "integer",
    "recency_weeks": "integer",
    "observed_weeks": "integer",
    "discounted_orders": "double",
} -%}

with expected as (
    {{ python_model("int_orders_expected", expected_columns) }}
),

fitted as (
    {{ python_model("int_order_models_fitted", {"model": "string", "p": "double", "q": "double", "v": "double"}) }}
),

customers as (
    -- what is known of the value of its orders: nothing, before the second one
    select
        *,
        case when repeat_order_value > 0 then repeat_orders else 0 end as valued_orders,
        {{ as_double("case when repeat_order_value > 0 then repeat_order_value else 0 end") }} as mean_value
    from {{ ref("int_customer_orders") }}
)

select
    customers.customer_id,
    expected.discounted_orders,
    -- Gamma-Gamma: between the mean of all customers, p v / (q - 1), and the customer's own, the nearer the more it ordered
    fitted.p * (fitted.v + customers.valued_orders * customers.mean_value)
    / (fitted.p * customers.valued_orders + fitted.q - 1) as expected_order_value
from customers
inner join expected
    on
        customers.repeat_orders = expected.repeat_orders
        and customers.recency_weeks = expected.recency_weeks
        and customers.observed_weeks = expected.observed_weeks
inner join fitted
    on fitted.model = 'gamma_gamma' and fitted.p is not null
