{# Cast, or null where the value cannot be read as the type. #}
{% macro try_cast(column, data_type) -%}
    {{ adapter.dispatch("try_cast")(column, data_type) }}
{%- endmacro %}

{% macro default__try_cast(column, data_type) -%}
    try_cast({{ column }} as {{ data_type }})
{%- endmacro %}


{#
    A time as a UTC timestamp: one with an offset is converted, one without is UTC (the session's time zone).
    Null where it is no time, or a placeholder: before 1900 (year 1), or the end of year 9999 and later ('infinity').
#}
{% macro try_cast_timestamp(column) -%}
    {{ adapter.dispatch("try_cast_timestamp")(column) }}
{%- endmacro %}

{% macro default__try_cast_timestamp(column) -%}
    {%- set utc = "cast(try_cast(" ~ column ~ " as timestamp with time zone) as timestamp)" -%}
    case when {{ utc }} >= timestamp '1900-01-01' and {{ utc }} < timestamp '9999-12-31' then {{ utc }} end
{%- endmacro %}
