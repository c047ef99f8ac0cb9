{#
    Whether a subscription in a state makes its customer a customer: live or paused, and where free plans make no customers
    not known to be free. What was never given an amount is not known to be.
#}
{% macro makes_customer(state, mrr) -%}
    {{ state }} in ('live', 'paused') {{- "" if var("free_plans_are_customers") else " and coalesce(" ~ mrr ~ " > 0, true)" }}
{%- endmacro %}
