{#
    A rate of loss stated for one length of time as that of another: 1 - (1 - r)^n. A loss of 5% a month is one of 46% a
    year, not 60%: nobody is lost twice. Of a share kept r^n. Null where the rate is no fraction: nobody loses more than all.

    Arguments: rate (fraction), months it was stated for, months wanted (columns); is_kept, a condition: kept, not lost.
#}
{% macro converted_rate(rate, stated_months, wanted_months, is_kept) -%}
    {%- set periods = ratio(wanted_months, stated_months) -%}
    case
        when not {{ rate }} between 0 and 1 then null
        when {{ is_kept }} then power({{ as_double(rate) }}, {{ periods }})
        else 1 - power(1 - {{ as_double(rate) }}, {{ periods }})
    end
{%- endmacro %}
