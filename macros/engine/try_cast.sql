{# Cast, or null where the value cannot be read as the type. #}
{% macro try_cast(column, data_type) -%}
    {{ adapter.dispatch("try_cast")(column, data_type) }}
{%- endmacro %}

{% macro default__try_cast(column, data_type) -%}
    try_cast({{ column }} as {{ data_type }})
{%- endmacro %}

{% macro postgres__try_cast(column, data_type) -%}
    {%- set engine_type = postgres__double_type() if data_type == "double" else data_type -%}
    case
        when lower({{ column }}) ~ '{{ readable_pattern(data_type) }}' and pg_input_is_valid({{ column }}, '{{ engine_type }}')
            then cast({{ column }} as {{ engine_type }})
    end
{%- endmacro %}

{% macro spark__try_cast(column, data_type) -%}
    case
        when lower({{ column }}) rlike '{{ readable_pattern(data_type) }}'
            then try_cast(replace({{ column }}, '_', '') as {{ data_type }})
    end
{%- endmacro %}

{# What DuckDB reads as the type, in lower case; the others read more ('NaN' as a decimal, '0x1F', 'off', '1d'). #}
{% macro readable_pattern(data_type) -%}
    {%- if data_type == "boolean" -%}
        ^(true|false|t|f|yes|no|y|n|1|0)$
    {%- else -%}
        ^ *[+-]?([0-9]+(_[0-9]+)*[.]?[0-9]*|[.][0-9]+ {{- "|nan|inf|infinity" if data_type == "double" -}} )(e[+-]?[0-9]+)? *$
    {%- endif -%}
{%- endmacro %}


{#
    A time as a UTC timestamp: one with an offset is converted, one without is UTC.
    Null where it is no time, or a placeholder: before 1900 (year 1), or the end of year 9999 and later ('infinity').
#}
{% macro try_cast_timestamp(column) -%}
    {%- set utc = adapter.dispatch("try_cast_utc")(column) -%}
    case when {{ utc }} >= timestamp '1900-01-01' and {{ utc }} < timestamp '9999-12-31' then {{ utc }} end
{%- endmacro %}

{#
    The session's time zone is UTC (profiles.yml). DuckDB knows the column's type before it runs: a column of timestamps
    needs no time zone, and the way through one costs as much as a sort. Of texts it also reads the word "epoch", and
    offsets that no place on earth has.
#}
{% macro default__try_cast_utc(column) -%}
    {%- set text = "cast(" ~ column ~ " as varchar)" -%}
    case
        when typeof({{ column }}) = 'TIMESTAMP' then try_cast({{ column }} as timestamp)
        when
            typeof({{ column }}) = 'VARCHAR'
            and (
                lower({{ text }}) = 'epoch'
                or (length({{ text }}) > 19 and regexp_matches({{ text }}, ':[0-9.]+[+-](1[5-9]|[2-9][0-9])(:?[0-9]{2})?$'))
            )
            then null
        else cast(try_cast({{ column }} as timestamp with time zone) as timestamp)
    end
{%- endmacro %}

{# A Postgres session has any time zone, so it is not asked. #}
{% macro postgres__try_cast_utc(column) -%}
    {%- set to_microseconds = "regexp_replace(" ~ column ~ ", '([.][0-9]{6})[0-9]+', '\\1')" -%}
    case
        when not coalesce(pg_input_is_valid({{ column }}, 'timestamptz'), false) then null
        when {{ column }} ~ '{{ time_pattern(false) }}' then cast({{ to_microseconds }} as timestamp)
        when {{ column }} ~ '{{ time_pattern(true) }}' then cast({{ to_microseconds }} as timestamptz) at time zone 'UTC'
    end
{%- endmacro %}

{# The session's time zone is UTC (profiles.yml). #}
{% macro spark__try_cast_utc(column) -%}
    case
        when {{ column }} rlike '{{ time_pattern(false) }}|{{ time_pattern(true) }}'
            then try_cast(replace(replace({{ column }}, '/', '-'), ' UTC', 'Z') as timestamp)
    end
{%- endmacro %}

{# What DuckDB reads as a time; the others read more ('today', '20240105', 'Jan 5 2024'). #}
{% macro time_pattern(with_offset) -%}
    {%- set day = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}" -%}
    {%- set clock = "[ T][0-9]{1,2}:[0-9]{1,2}" -%}
    {%- set seconds = ":[0-5]?[0-9]([.][0-9]*)?" -%}
    {%- if with_offset -%}
        ^ *{{ day }}{{ clock }}{{ seconds }}(Z| UTC|[+-](0[0-9]|1[0-4])(:?[0-9]{2})?)$
    {%- else -%}
        ^ *{{ day }}({{ clock }}({{ seconds }})?)?$
    {%- endif -%}
{%- endmacro %}
