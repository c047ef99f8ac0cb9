{#
    The contracts of the marts say `double`, which Postgres calls `double precision`. These are dbt's own two places where
    a contract's types become SQL.
#}
{% macro postgres__get_empty_schema_sql(columns) %}
    {{ default__get_empty_schema_sql(columns) | replace(" as double)", " as double precision)") }}
{% endmacro %}

{% macro postgres__get_table_columns_and_constraints() -%}
    {{ return(default__get_table_columns_and_constraints() | replace(" double,", " double precision,") | replace(" double\n", " double precision\n")) }}
{%- endmacro %}
