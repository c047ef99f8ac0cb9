{# A text as a JSON string, with its quotes, line ends and control characters escaped. #}
{% macro json_text(text) -%}
    {{ adapter.dispatch("json_text")(text) }}
{%- endmacro %}

{% macro default__json_text(text) -%}
    cast(to_json({{ text }}) as {{ dbt.type_string() }})
{%- endmacro %}
