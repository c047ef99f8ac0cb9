{#
    MRR: a recurring charge per billing interval as a monthly amount in the reporting currency, exact, rounded half up
    to six places. Months in an interval: year 12, quarter 3, month 1, week 12/52, day 12/365.

    Arguments: amount decimal(18, 6), not negative; rate decimal(25, 18), at most a million; interval text, null = month; interval_count, null = 1.
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

{#
    A double is off by less than a thousandth here, so it tells the whole number of millionths wherever the quotient is not
    that close to half of one: nearly always, for a tenth of the cost. Else the exact way.
-#}
{% macro duckdb__rounded_quotient(amount, rate, times, divisor) -%}
    {%- set millionths = "(1e6 * cast(" ~ amount ~ " as double) * cast(" ~ rate ~ " as double) * (" ~ times ~ ") / (" ~ divisor ~ "))" -%}
    case
        when {{ millionths }} < 1e11 and abs({{ millionths }} - floor({{ millionths }}) - 0.5) > 0.001
            then cast(cast(round({{ millionths }}) / 1e6 as decimal(18, 6)) as decimal(38, 6))
        else {{ exact_quotient(amount, rate, times, divisor) }}
    end
{%- endmacro %}

{#
    DuckDB divides decimals as doubles, so whole numbers do it here: millionths of the amount times quintillionths of the
    rate, then half up. 128 bits do not hold that, so the rate comes in two parts: its billionths are divided first, the
    rest joins what they leave.
-#}
{% macro exact_quotient(amount, rate, times, divisor) -%}
    {%- set n = "(cast(cast(" ~ amount ~ " as decimal(38, 6)) * 1000000 as hugeint) * (" ~ times ~ "))" -%}
    {%- set billionths = "(cast(" ~ rate ~ " as decimal(38, 18)) * 1000000000)" -%}
    {%- set high = "(" ~ n ~ " * cast(floor(" ~ billionths ~ ") as hugeint))" -%}
    {%- set low = "(" ~ n ~ " * cast((" ~ billionths ~ " - floor(" ~ billionths ~ ")) * 1000000000 as hugeint))" -%}
    {%- set d = "(cast(1000000000 as hugeint) * (" ~ divisor ~ "))" -%}
    {%- set rest = "(" ~ high ~ " % " ~ d ~ " * 1000000000 + " ~ low ~ ")" -%}
    cast(
        {{ high }} // {{ d }} + (2 * {{ rest }} + {{ d }} * 1000000000) // (2 * {{ d }} * 1000000000) as decimal(38, 0)
    ) * cast(0.000001 as decimal(7, 6))
{%- endmacro %}

{# Spark rounds a quotient too: the same, with each remainder taken away before the division, which then leaves none. #}
{% macro spark__rounded_quotient(amount, rate, times, divisor) -%}
    {%- set billion = "cast(1000000000 as decimal(10, 0))" -%}
    {%- set n = "(cast(" ~ amount ~ " * 1000000 as decimal(18, 0)) * cast(" ~ times ~ " as decimal(3, 0)))" -%}
    {%- set billionths = "(cast(" ~ rate ~ " as decimal(25, 18)) * " ~ billion ~ ")" -%}
    {%- set high = "(" ~ n ~ " * cast(floor(" ~ billionths ~ ") as decimal(16, 0)))" -%}
    {%- set low = "(" ~ n ~ " * cast((" ~ billionths ~ " - floor(" ~ billionths ~ ")) * " ~ billion ~ " as decimal(10, 0)))" -%}
    {%- set d = "(" ~ billion ~ " * cast(" ~ divisor ~ " as decimal(14, 0)))" -%}
    {%- set whole = "((" ~ high ~ " - mod(" ~ high ~ ", " ~ d ~ ")) / " ~ d ~ ")" -%}
    {%- set unit = "(" ~ d ~ " * " ~ billion ~ ")" -%}
    {%- set doubled = "(cast(2 as decimal(1, 0)) * (mod(" ~ high ~ ", " ~ d ~ ") * " ~ billion ~ " + " ~ low ~ ") + " ~ unit ~ ")" -%}
    {%- set two_units = "(cast(2 as decimal(1, 0)) * " ~ unit ~ ")" -%}
    {%- set rounded = "((" ~ doubled ~ " - mod(" ~ doubled ~ ", " ~ two_units ~ ")) / " ~ two_units ~ ")" -%}
    cast(cast({{ whole }} + {{ rounded }} as decimal(32, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(38, 6))
{%- endmacro %}
