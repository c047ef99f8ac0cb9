{#- One row per customer of a business on orders: what its coming orders are worth, before margin. -#}
{%- set pattern = {"repeat_orders": "integer", "recency_days": "integer", "observed_days": "integer"} -%}

with expected as (
    {{ python_model("int_orders_expected", dict(pattern, discounted_orders="double")) }}
),

fitted as (
    {{ python_model("int_order_models_fitted", {"model": "string", "p": "double", "q": "double", "v": "double"}) }}
)

select
    orders.customer_id,
    expected.discounted_orders,
    -- Gamma-Gamma: between the mean of all customers, p v / (q - 1), and the customer's own, the nearer the more it ordered
    (
        fitted.p * fitted.v
        + case when orders.repeat_order_value > 0 then fitted.p * orders.repeat_orders * {{ as_double("orders.repeat_order_value") }} else 0 end
    ) / (
        fitted.q - 1 + case when orders.repeat_order_value > 0 then fitted.p * orders.repeat_orders else 0 end
    ) as expected_order_value
from {{ ref("int_customer_orders") }} as orders
inner join expected
    on
        {%- for column in pattern %}
        {{ "and " if not loop.first }}orders.{{ column }} = expected.{{ column }}
        {%- endfor %}
inner join fitted
    on fitted.model = 'gamma_gamma' and fitted.p is not null
