{#
    The names of types in the YAML files that Postgres has others for: `double` in the contracts of the marts, `string` in
    the seeds. These are dbt's own places where they become SQL.
#}
{% macro postgres__get_empty_schema_sql(columns) %}
    {{ default__get_empty_schema_sql(columns) | replace(" as double)", " as double precision)") }}
{% endmacro %}

{% macro postgres__get_table_columns_and_constraints() -%}
    {{ return(default__get_table_columns_and_constraints() | replace(" double,", " double precision,") | replace(" double\n", " double precision\n")) }}
{%- endmacro %}

{% macro postgres__create_csv_table(model, agate_table) %}
    {% set types = model["config"]["column_types"] %}
    {% for column in types | list if types[column] == "string" %}
        {% do types.update({column: dbt.type_string()}) %}
    {% endfor %}
    {{ return(default__create_csv_table(model, agate_table)) }}
{% endmacro %}
