{#
    What is charged for a term of so many days as an amount of 365 days in the reporting currency, exact, rounded half up to
    six places.

    Arguments: amount decimal(18, 6), not negative; rate decimal(25, 18), at most a million; days, a whole number above 0.
#}
{% macro annual_amount(amount, rate, days) -%}
    {{ adapter.dispatch("rounded_quotient")(amount, rate, "365", days) }}
{%- endmacro %}
