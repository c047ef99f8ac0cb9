{#
    A rate of loss stated for one length of time as that of another: 1 - (1 - r)^n. A loss of 5% a month is one of 46% a
    year, not 60%: nobody is lost twice.

    Arguments: rate (fraction lost), months it was stated for, months wanted (columns).
#}
{% macro converted_rate(rate, stated_months, wanted_months) -%}
    1 - power(1 - {{ as_double(rate) }}, {{ ratio(wanted_months, stated_months) }})
{%- endmacro %}
