{# How a model is stored that an increment adds to. The other engines make it anew. #}
{% macro grown_by_increments() %}
    {% do return("incremental" if target.type == "duckdb" else "table") %}
{% endmacro %}


{#
    dbt's incremental strategy `replace_touched`: everything of what an increment touched goes, what was computed for it
    comes. dbt's own delete+insert would leave the rows of a key that has none any more.

    The model's config: unique_key, and `touched`, the model that lists the touched keys in a column of that name.
#}
{% macro get_incremental_replace_touched_sql(arg_dict) %}
    {% set target_relation, key = arg_dict["target_relation"], arg_dict["unique_key"] %}
    {% set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") %}
    delete from {{ target_relation }}
    where {{ key }} in (select {{ key }} from {{ ref(config.get("touched")) }});
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }}
{% endmacro %}


{#
    dbt's incremental strategy `replace_changed`: the rows of a raw table (config `landed`) stay as they are while its
    files do; else all of them are made anew.
#}
{% macro get_incremental_replace_changed_sql(arg_dict) %}
    {% set target_relation = arg_dict["target_relation"] %}
    {% set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") %}
    {% if not is_unchanged(config.get("landed")) %}
    delete from {{ target_relation }};
    {% endif %}
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ arg_dict["temp_relation"] }}
{% endmacro %}


{# The condition that keeps an increment to what it touched; in a full build it always holds. #}
{% macro is_touched(column, touched) -%}
    {%- if is_increment() -%}
        {{ column }} in (select {{ column.split(".")[-1] }} from {{ touched }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
