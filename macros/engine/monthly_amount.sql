{#
    MRR: a recurring charge per billing interval as a monthly amount in the reporting currency, exact, rounded half up
    to six places. Months in an interval: year 12, quarter 3, month 1, week 12/52, day 12/365.

    Arguments: amount decimal(18, 6); rate decimal(18, 9); interval text, null = month; interval_count, null = 1.
#}
{% macro monthly_amount(amount, rate, interval, interval_count) -%}
    {%- set times = "case " ~ interval ~ " when 'week' then 52 when 'day' then 365 else 1 end" -%}
    {%- set months = "case " ~ interval ~ " when 'year' then 12 when 'quarter' then 3 when 'week' then 12 when 'day' then 12 else 1 end" -%}
    case
        -- nearly always there is nothing to convert
        when coalesce({{ interval }}, 'month') = 'month' and coalesce({{ interval_count }}, 1) = 1 and {{ rate }} = 1
            then cast({{ amount }} as decimal(38, 6))
        else {{ adapter.dispatch("rounded_quotient")(amount, rate, times, months ~ " * coalesce(" ~ interval_count ~ ", 1)") }}
    end
{%- endmacro %}

{% macro default__rounded_quotient(amount, rate, times, divisor) -%}
    cast(round({{ amount }} * {{ rate }} * ({{ times }}) / ({{ divisor }}), 6) as decimal(38, 6))
{%- endmacro %}

{# A Postgres quotient is rounded by itself before round() sees it, so here too: millionths, then half up. #}
{% macro postgres__rounded_quotient(amount, rate, times, divisor) -%}
    cast(div(2000000 * {{ amount }} * {{ rate }} * ({{ times }}) + {{ divisor }}, 2 * {{ divisor }}) * 0.000001 as decimal(38, 6))
{%- endmacro %}

{# DuckDB divides decimals as doubles, so whole numbers do it here: millionths times billionths, then half up. #}
{% macro duckdb__rounded_quotient(amount, rate, times, divisor) -%}
    {%- set n = "cast(cast(" ~ amount ~ " as decimal(38, 6)) * 1000000 as hugeint) * cast(cast(" ~ rate ~ " as decimal(38, 9)) * 1000000000 as hugeint) * (" ~ times ~ ")" -%}
    {%- set d = "cast(1000000000 as hugeint) * (" ~ divisor ~ ")" -%}
    cast((2 * {{ n }} + {{ d }}) // (2 * {{ d }}) as decimal(38, 0)) * cast(0.000001 as decimal(7, 6))
{%- endmacro %}

{# Spark rounds a quotient too, so here the remainder goes before the division, which then leaves none. #}
{% macro spark__rounded_quotient(amount, rate, times, divisor) -%}
    {%- set n = "cast(" ~ amount ~ " * 1000000 as decimal(18, 0)) * cast(" ~ rate ~ " * 1000000000 as decimal(18, 0)) * (2 * (" ~ times ~ "))" -%}
    {%- set half = "(cast(1000000000 as bigint) * (" ~ divisor ~ "))" -%}
    {%- set doubled = "(" ~ n ~ " + " ~ half ~ ")" -%}
    cast(({{ doubled }} - mod({{ doubled }}, 2 * {{ half }})) / (2 * {{ half }}) * 0.000001 as decimal(38, 6))
{%- endmacro %}
