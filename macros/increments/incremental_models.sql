{# How a model is stored that an increment adds to. The other engines make it anew. #}
{% macro grown_by_increments() %}
    {% do return("incremental" if target.type == "duckdb" else "table") %}
{% endmacro %}


{#
    dbt's incremental strategy `replace_touched`: everything of what an increment touched goes, what was computed for it
    comes. dbt's own delete+insert would leave the rows of a key that has none any more.

    The model's config: `meta.touched`, the model that lists the touched keys, in columns of the names of unique_key. A base_
    model has `meta.landed` instead: landed_rows() gives of a key that came again the stored versions too, so these go.
#}
{% macro get_incremental_replace_touched_sql(arg_dict) %}
    {% set target_relation, temp_relation, touched = arg_dict["target_relation"], arg_dict["temp_relation"], config.meta_get("touched") %}
    {% set key = (in_columns(arg_dict["unique_key"]) if touched else version_key(contract_table(config.meta_get("landed")))) | join(", ") %}
    {% set columns = arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") %}
    delete from {{ target_relation }}
    where ({{ key }}) in (select {{ key }} from {{ ref(touched) if touched else temp_relation }});
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ temp_relation }}
{% endmacro %}


{# The condition that keeps an increment to what it touched: a column, or a list of them. Where a model is made anew it always holds. #}
{% macro is_touched(column, touched) -%}
    {%- set columns = in_columns(column) -%}
    {%- if is_added_to() -%}
        ({{ columns | join(", ") }}) in (
            select {% for name in columns %}{{ name.split(".")[-1] }}{{ ", " if not loop.last }}{% endfor %} from {{ touched }}
        )
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro in_columns(key) %}
    {% do return([key] if key is string else key) %}
{% endmacro %}
