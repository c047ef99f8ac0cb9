{#
    An amount in the reporting currency, exact, rounded half up to six places.

    Arguments: amount decimal(18, 6), not negative; rate decimal(25, 18), at most a million, null = nothing to convert.
#}
{% macro converted_amount(amount, rate) -%}
    case
        when coalesce({{ rate }}, 1) = 1 then cast({{ amount }} as decimal(38, 6))
        else {{ adapter.dispatch("rounded_quotient")(amount, rate, "1", "1") }}
    end
{%- endmacro %}
