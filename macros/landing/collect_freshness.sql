{#
    `dbt source freshness`: the last row of a raw table, by loaded_at or else by the row's own time, as staging reads them.
    A row of the future does not count: a clock that runs ahead must not hide that the loads stopped. A table without
    rows is none that could be old.
#}
{% macro default__collect_freshness(source, loaded_at_field, filter) %}
    {% set own_time = contract_table(source.identifier).config.meta.own_time %}
    {% set seen_at = "coalesce(" ~ try_cast_timestamp(loaded_at_field) ~ ", " ~ try_cast_timestamp(own_time) ~ ")" %}
    {% call statement("collect_freshness", fetch_result=true, auto_begin=false) %}
        select
            coalesce(max(seen_at), {{ utc_now() }}) as max_loaded_at,
            {{ utc_now() }} as snapshotted_at
        from (select {{ seen_at }} as seen_at from {{ source }}) as seen_rows
        where seen_at <= {{ utc_now() }} {%- if filter %} and ({{ filter }}){% endif %}
    {% endcall %}
    {% do return(load_result("collect_freshness")) %}
{% endmacro %}
