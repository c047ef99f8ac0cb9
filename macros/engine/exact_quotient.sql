{#
    Millionths divided by a whole number, exact, as an amount rounded half up to six places: a quotient of doubles is
    rounded one way by one engine and another way by the next.

    Arguments: millionths, a whole number that is not negative (`whole_number_type`); divisor, a positive one.
#}
{% macro exact_quotient(millionths, divisor) -%}
    cast(
        {{ adapter.dispatch("half_up_quotient")(millionths, divisor) }} * cast(0.000001 as decimal(7, 6)) as decimal(38, 6)
    )
{%- endmacro %}

{% macro default__half_up_quotient(number, divisor) -%}
    div(2 * {{ number }} + {{ divisor }}, 2 * {{ divisor }})
{%- endmacro %}

{# DuckDB divides decimals as doubles; whole numbers of 128 bits are exact. #}
{% macro duckdb__half_up_quotient(number, divisor) -%}
    cast((2 * {{ number }} + {{ divisor }}) // (2 * {{ divisor }}) as decimal(32, 0))
{%- endmacro %}

{# Spark rounds a quotient: the remainder is taken away before the division, which then leaves none. #}
{% macro spark__half_up_quotient(number, divisor) -%}
    {%- set doubled = "(2 * " ~ number ~ " + " ~ divisor ~ ")" -%}
    {%- set divisors = "(2 * " ~ divisor ~ ")" -%}
    cast(({{ doubled }} - mod({{ doubled }}, {{ divisors }})) / {{ divisors }} as decimal(31, 0))
{%- endmacro %}


{# A whole number of 38 digits. #}
{% macro whole_number_type() -%}
    {{ adapter.dispatch("whole_number_type")() }}
{%- endmacro %}

{% macro default__whole_number_type() -%} decimal(38, 0) {%- endmacro %}
{% macro duckdb__whole_number_type() -%} hugeint {%- endmacro %}
