{#
    Customer lifetime value of a monthly margin that is lost at a constant monthly churn rate and discounted, paid at the
    start of each month: margin x (1 + d) / (d + churn), d the monthly discount rate of the annual one.

    Arguments: margin per month (column), monthly churn rate (column), annual discount rate (fraction).
#}
{% macro discounted_lifetime_value(margin, churn, annual_discount_rate) -%}
    {%- set factor = (1 + annual_discount_rate | float) ** (1 / 12) -%}
    {{ margin }} * {{ double_literal(factor) }} / ({{ double_literal(factor - 1) }} + {{ churn }})
{%- endmacro %}


{# A number in full as a double of SQL, however small it is: with an exponent, or it would be a decimal. #}
{% macro double_literal(number) -%}
    {{ number }}{{ "e0" if "e" not in number | string }}
{%- endmacro %}
