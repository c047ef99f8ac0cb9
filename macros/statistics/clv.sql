{#
    Customer lifetime value of a monthly margin that is lost at a constant monthly churn rate and discounted, paid at the
    start of each month: margin x (1 + d) / (d + churn), d the monthly discount rate of the annual one.

    Arguments: margin per month (column), monthly churn rate (column), annual discount rate (fraction).
#}
{% macro discounted_lifetime_value(margin, churn, annual_discount_rate) -%}
    {%- set monthly = (1 + annual_discount_rate) ** (1 / 12) - 1 -%}
    {{ margin }} * {{ 1 + monthly }}e0 / ({{ monthly }}e0 + {{ churn }})
{%- endmacro %}
