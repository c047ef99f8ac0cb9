{#
    The source node of a raw table: its columns, keys and checks as models/staging/raw_sources.yml declares them.
    Only there while dbt executes (the graph is not known while it parses).
#}
{% macro contract_table(table_name) %}
    {% do return(graph.sources["source.retention_warehouse.raw." ~ table_name]) %}
{% endmacro %}


{# What the contract says of one of its columns; dbt 2 has no `meta` where it says nothing. #}
{% macro column_meta(column) %}
    {% do return(column.config.get("meta", {})) %}
{% endmacro %}


{# The names of its columns of which it says something, such as `personal`. #}
{% macro columns_that_are(table, what) %}
    {% set names = [] %}
    {% for column in table.columns.values() if column_meta(column)[what] %}
        {% do names.append(column.name) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}


{# The names of a raw table's columns in the contract's order, without loaded_at. #}
{% macro contract_columns(table_name) %}
    {% do return(contract_table(table_name).columns.keys() | reject("equalto", "loaded_at") | list) %}
{% endmacro %}
