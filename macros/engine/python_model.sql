{#
    The rows of a Python model, for a model in SQL to read. Python models run inside DuckDB's own process; the other engines
    have none, so there it is a typed relation without rows, and what follows from it is null.

    Arguments: name of the model; columns, a dict of names and types.
#}
{% macro python_model(name, columns) -%}
    {%- if target.type == "duckdb" -%}
        select
            {%- for column in columns %}
            {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ ref(name) }}
    {%- else -%}
        {{ no_rows(columns) }}
    {%- endif -%}
{%- endmacro %}


{# A typed relation without rows. Arguments: columns, a dict of names and types (string, double, or one of SQL's). #}
{% macro no_rows(columns) -%}
    select
        {%- for column, data_type in columns.items() %}
        {{ as_double("null") if data_type == "double" else "cast(null as " ~ (dbt.type_string() if data_type == "string" else data_type) ~ ")" }} as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ ref("int_report_moment") }}
    where false
{%- endmacro %}
