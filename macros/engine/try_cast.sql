{# Cast, or null where the value cannot be read as the type. #}
{% macro try_cast(column, data_type) -%}
    {{ adapter.dispatch("try_cast")(column, data_type) }}
{%- endmacro %}

{% macro default__try_cast(column, data_type) -%}
    try_cast({{ column }} as {{ data_type }})
{%- endmacro %}

{# Postgres reads more than DuckDB does ('NaN' as a decimal, '0x1F', 'off'): the pattern keeps the two alike. #}
{% macro postgres__try_cast(column, data_type) -%}
    {%- set number = "^[[:space:]]*[+-]?([0-9][0-9_]*[.]?[0-9]*|[.][0-9]+)(e[+-]?[0-9]+)?[[:space:]]*$" -%}
    {%- set patterns = {"boolean": "^(true|false|t|f|yes|no|y|n|1|0)$", "double": "^[[:space:]]*[+-]?(nan|inf|infinity)[[:space:]]*$|" ~ number} -%}
    {%- set engine_type = postgres__double_type() if data_type == "double" else data_type -%}
    case
        when {{ column }} ~* '{{ patterns.get(data_type, number) }}' and pg_input_is_valid({{ column }}, '{{ engine_type }}')
            then cast({{ column }} as {{ engine_type }})
    end
{%- endmacro %}


{#
    A time as a UTC timestamp: one with an offset is converted, one without is UTC.
    Null where it is no time, or a placeholder: before 1900 (year 1), or the end of year 9999 and later ('infinity').
#}
{% macro try_cast_timestamp(column) -%}
    {%- set utc = adapter.dispatch("try_cast_utc")(column) -%}
    case when {{ utc }} >= timestamp '1900-01-01' and {{ utc }} < timestamp '9999-12-31' then {{ utc }} end
{%- endmacro %}

{# The session's time zone is UTC (profiles.yml). #}
{% macro default__try_cast_utc(column) -%}
    cast(try_cast({{ column }} as timestamp with time zone) as timestamp)
{%- endmacro %}

{# A Postgres session has any time zone, so it is not asked. What Postgres reads and DuckDB does not ('today') is no time. #}
{% macro postgres__try_cast_utc(column) -%}
    {%- set day = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}" -%}
    {%- set clock = "[0-9]{1,2}:[0-9]{1,2}" -%}
    {%- set seconds = ":[0-5]?[0-9]([.][0-9]*)?" -%}
    {%- set offset = "(Z| UTC|[+-][0-9]{2}(:?[0-9]{2})?)" -%}
    {%- set to_microseconds = "regexp_replace(" ~ column ~ ", '([.][0-9]{6})[0-9]+', '\\1')" -%}
    case
        when not coalesce(pg_input_is_valid({{ column }}, 'timestamptz'), false) then null
        when {{ column }} ~ '^\s*{{ day }}([ T]{{ clock }}({{ seconds }})?)?$' then cast({{ to_microseconds }} as timestamp)
        when {{ column }} ~ '^\s*{{ day }}[ T]{{ clock }}{{ seconds }}{{ offset }}$'
            then cast({{ to_microseconds }} as timestamptz) at time zone 'UTC'
    end
{%- endmacro %}
