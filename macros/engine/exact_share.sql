{#
    One of so many equal parts of an amount, exact, rounded half up to six places: a quotient of doubles is rounded one way
    by one engine and another way by the next. Arguments: amount, not negative; parts, a whole number.
#}
{% macro exact_share(amount, parts) -%}
    {{ adapter.dispatch("rounded_quotient")(amount, "1", "1", parts) }}
{%- endmacro %}
