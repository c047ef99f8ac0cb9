{#
    Schemas are named by their layer (raw, staging, intermediate, marts): BI tools read `marts`. A target schema other than
    the default `main` comes before the layer, so that two people on one server have schemas of their own (`ana_marts`).
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if target.schema == "main" -%}
        {{ custom_schema_name or target.schema }}
    {%- else -%}
        {{ target.schema }}{{ "_" ~ custom_schema_name if custom_schema_name }}
    {%- endif -%}
{%- endmacro %}
