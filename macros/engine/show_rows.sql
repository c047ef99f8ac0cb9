{# post-hook: how many rows the table has now, beside dbt's own lines. Only DuckDB knows it without counting. #}
{% macro show_rows() %}
    {% if execute and target.type == "duckdb" and config.get("materialized") != "view" %}
        {% set rows = run_query("select count(*) from " ~ this).columns[0][0] %}
        {% do log("  " ~ this.name ~ ": " ~ "{:,}".format(rows | int) ~ " rows", info=true) %}
    {% endif %}
{% endmacro %}
