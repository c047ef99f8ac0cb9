{# A text as a JSON string, with its quotes, line ends and control characters escaped. #}
{% macro json_text(text) -%}
    {{ adapter.dispatch("json_text")(text) }}
{%- endmacro %}

{% macro default__json_text(text) -%}
    cast(to_json({{ text }}) as {{ dbt.type_string() }})
{%- endmacro %}

{# Spark writes objects and lists only: the text in a list of one, without its brackets. #}
{% macro spark__json_text(text) -%}
    case when {{ text }} is not null then substring(to_json(array({{ text }})), 2, length(to_json(array({{ text }}))) - 2) end
{%- endmacro %}
