{# Schemas are named by their layer (staging, intermediate, marts), without the target's prefix: BI tools read `marts`. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
