{#
    A raw value as text without the blanks around it, of whatever kind: a no-break space or a byte order mark looks like
    nothing, and must not make another value. Null where nothing is left.
#}
{% macro raw_text(column) -%}
    {{ adapter.dispatch("raw_text")(column) }}
{%- endmacro %}

{% macro default__raw_text(column) -%}
    nullif(trim(both '{{ blanks() }}' from cast({{ column }} as {{ dbt.type_string() }})), '')
{%- endmacro %}

{#
    Nearly every text is ASCII without a blank at its ends, and to see that costs a tenth of trimming. DuckDB knows the
    column's type before it runs: a number or a time has no blanks.
#}
{% macro duckdb__raw_text(column) -%}
    {%- set text = "cast(" ~ column ~ " as varchar)" -%}
    case
        when typeof({{ column }}) in ('DATE', 'TIMESTAMP', 'DOUBLE', 'BIGINT', 'INTEGER') then {{ text }}
        when strlen({{ text }}) = length({{ text }}) and {{ text }}[1] > ' ' and {{ text }}[-1] > ' ' then {{ text }}
        else nullif(trim({{ text }}, '{{ blanks() }}'), '')
    end
{%- endmacro %}

{# The white space of Unicode, and the characters without width: the zero-width space and the byte order mark. #}
{% macro blanks() -%}
    {{- " \t\n\u000b\u000c\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
        "\u2028\u2029\u202f\u205f\u3000\u200b\ufeff" -}}
{%- endmacro %}


{# A code of a fixed list as the list writes it: in lower case, and one blank where several stand. Argument: raw_text(). #}
{% macro as_code(text) -%}
    case
        -- nearly every code is one word
        when {{ matches_pattern(text, "'^[A-Za-z0-9_]+$'") }} then lower({{ text }})
        else lower({{ replace_pattern(text, "'[" ~ blanks() ~ "]+'", "' '") }})
    end
{%- endmacro %}
