{# Cast a raw column, or null where the value cannot be read as the type. Arguments: also raw_text() of the column. #}
{% macro try_cast(column, data_type, text) -%}
    {{ adapter.dispatch("try_cast")(column, data_type, text) }}
{%- endmacro %}

{# DuckDB knows the column's type before it runs: only text has blanks around it. #}
{% macro default__try_cast(column, data_type, text) -%}
    case
        when typeof({{ column }}) = 'VARCHAR' then try_cast({{ text }} as {{ data_type }})
        else try_cast({{ column }} as {{ data_type }})
    end
{%- endmacro %}

{% macro postgres__try_cast(column, data_type, text) -%}
    {%- set engine_type = postgres__double_type() if data_type == "double" else data_type -%}
    case
        when lower({{ text }}) ~ '{{ readable_pattern(data_type) }}' and pg_input_is_valid({{ text }}, '{{ engine_type }}')
            then cast({{ text }} as {{ engine_type }})
    end
{%- endmacro %}

{% macro spark__try_cast(column, data_type, text) -%}
    case
        when lower({{ text }}) rlike '{{ readable_pattern(data_type) }}'
            then try_cast(replace({{ text }}, '_', '') as {{ data_type }})
    end
{%- endmacro %}

{# What DuckDB reads as the type, in lower case; the others read more ('NaN' as a decimal, '0x1F', 'off', '1d'). #}
{% macro readable_pattern(data_type) -%}
    {%- if data_type == "boolean" -%}
        ^(true|false|t|f|yes|no|y|n|1|0)$
    {%- else -%}
        ^[+-]?([0-9]+(_[0-9]+)*[.]?[0-9]*|[.][0-9]+ {{- "|nan|inf|infinity" if data_type == "double" -}} )(e[+-]?[0-9]+)?$
    {%- endif -%}
{%- endmacro %}
