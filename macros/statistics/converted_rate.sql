{#
    A rate of loss stated for one length of time as that of another: 1 - (1 - r)^n. A loss of 5% a month is one of 46% a
    year, not 60%: nobody is lost twice. Null where the rate is no fraction: nobody loses more than all.

    Arguments: rate (fraction lost), months it was stated for, months wanted (columns).
#}
{% macro converted_rate(rate, stated_months, wanted_months) -%}
    case when {{ rate }} between 0 and 1 then 1 - power({{ as_double("1 - (" ~ rate ~ ")") }}, {{ ratio(wanted_months, stated_months) }}) end
{%- endmacro %}
