{#
    A personal value as a hash that only who has the key can compute: to match customers with another tool's. The key is
    PERSONAL_DATA_KEY of the environment. It stands in no SQL, log or file: warehouse/dbt_plugin.py keeps it in a function
    of the connection. Null without a key, and on the other engines.
#}
{% macro keyed_hash(text) -%}
    {{ adapter.dispatch("keyed_hash")(text) }}
{%- endmacro %}

{% macro default__keyed_hash(text) -%}
    cast(null as {{ dbt.type_string() }})
{%- endmacro %}

{% macro duckdb__keyed_hash(text) -%}
    {%- set find = "select count(*) from duckdb_functions() where function_name = 'keyed_hash'" -%}
    {%- if execute and run_query(find).columns[0][0] > 0 -%}
        keyed_hash({{ text }})
    {%- else -%}
        {{ default__keyed_hash(text) }}
    {%- endif -%}
{%- endmacro %}
