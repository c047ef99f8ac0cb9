{#
    Discounted expected lifetime of a new customer, in monthly payments: the first one now, then the residual lifetime
    before any renewal, which counts from the first renewal on.

    Arguments: residual lifetime at age 0 (column), annual discount rate (fraction).
#}
{% macro new_customer_lifetime(residual_lifetime, annual_discount_rate) -%}
    (1 + {{ residual_lifetime }} / {{ double_literal((1 + annual_discount_rate | float) ** (1 / 12)) }})
{%- endmacro %}
