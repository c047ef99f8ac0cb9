{#
    A time of a subscription as tables show it: where times are dates its day, without the microsecond by which the end of
    one that came and went on a day counts later (int_subscription_events_ordered).

    Arguments: a UTC timestamp; int_report_moment stands beside it as `moment`.
#}
{% macro shown_time(time) -%}
    case when moment.times_are_dates then {{ dbt.date_trunc("day", time) }} else {{ time }} end
{%- endmacro %}
