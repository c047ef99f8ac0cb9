{#
    Whole calendar months from one UTC timestamp to a later one: the largest n with from + n months <= to (the last day of
    a month is a month after any later day of the month before). dbt's datediff counts the months' ends in between.

    Arguments: from_time, to_time (timestamps); before (bool): the largest n with from + n months < to instead.
#}
{% macro whole_months(from_time, to_time, before=false) -%}
    {%- set months_ends = "cast(" ~ dbt.datediff("cast(" ~ from_time ~ " as date)", "cast(" ~ to_time ~ " as date)", "month") ~ " as integer)" -%}
    (
        {{ months_ends }}
        - case when {{ dbt.dateadd("month", months_ends, from_time) }} {{ ">=" if before else ">" }} {{ to_time }} then 1 else 0 end
    )
{%- endmacro %}
