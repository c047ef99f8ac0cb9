{#
    Patterns that the three engines read alike: no look-ahead, no classes by name, and no alternatives of which the first
    and the longest differ (Postgres takes the longest). A pattern is an SQL text literal.
#}

{# Replace every match of a pattern. #}
{% macro replace_pattern(text, pattern, replacement) -%}
    {{ adapter.dispatch("replace_pattern")(text, pattern, replacement) }}
{%- endmacro %}

{% macro default__replace_pattern(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern }}, {{ replacement }}, 'g')
{%- endmacro %}

{# Spark takes a backslash for the beginning of an escape in every text literal. #}
{% macro spark__replace_pattern(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ pattern | replace("\\", "\\\\") }}, {{ replacement }})
{%- endmacro %}


{# What the first group of a pattern matched, in a replacement. #}
{% macro first_group() -%}
    {{ return(adapter.dispatch("first_group")()) }}
{%- endmacro %}

{% macro default__first_group() -%}
    {{ return("\\1") }}
{%- endmacro %}

{% macro spark__first_group() -%}
    {{ return("$1") }}
{%- endmacro %}


{# What its second group matched. #}
{% macro second_group() -%}
    {{ return(first_group() | replace("1", "2")) }}
{%- endmacro %}


{# Whether a pattern matches anywhere in a text. #}
{% macro matches_pattern(text, pattern) -%}
    {{ adapter.dispatch("matches_pattern")(text, pattern) }}
{%- endmacro %}

{% macro default__matches_pattern(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{% macro postgres__matches_pattern(text, pattern) -%}
    ({{ text }} ~ {{ pattern }})
{%- endmacro %}

{% macro spark__matches_pattern(text, pattern) -%}
    ({{ text }} rlike {{ pattern | replace("\\", "\\\\") }})
{%- endmacro %}
