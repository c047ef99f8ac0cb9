{#
    The rows of a raw table that count: accepted, loaded by known_at, one per key. Of several versions the one with the
    latest loaded_at counts, then the one with the greater content, so that the answer never depends on file order.
    Only keys that occur twice are sorted: sorting every row would cost more than all that follows.

    Arguments:
        table_name: raw table; models/staging/raw_sources.yml declares its key and its own time.
        checked: ref() of its base model, the rows of checked_rows().
#}
{% macro latest_versions(table_name, checked) %}
{%- if execute -%}
{%- set table = contract_table(table_name) -%}
{%- set columns = contract_columns(table_name) -%}
with seen as (
    select
        {{ columns | join(", ") }},
        {{ seen_at(table_name) }} as loaded_at
    from {{ checked }}
    where quarantine_reason is null and {{ is_known(table_name) }}
),

repeated_keys as (
    select
        {%- for key in version_key(table) %}
        {{ key }} as key_{{ loop.index }},
        {%- endfor %}
        count(*) as versions
    from seen
    group by {{ version_columns(table_name) }}
    having count(*) > 1
),

ranked as (
    select
        seen.*,
        row_number() over (
            partition by {{ version_columns(table_name) }}
            order by
                loaded_at desc nulls last
                {%- for column in columns %}, {{ column }} desc nulls last{% endfor %}
        ) as version_rank
    from seen
    inner join repeated_keys on {{ same_key(table) }}
)

select
    {{ columns | join(", ") }},
    loaded_at
from seen
left join repeated_keys on {{ same_key(table) }}
where repeated_keys.key_1 is null
union all
select
    {{ columns | join(", ") }},
    loaded_at
from ranked
where version_rank = 1
{%- else -%}
select * from {{ checked }}
{%- endif -%}
{% endmacro %}


{# When a row reached the landing folder; a null loaded_at is the row's own time. #}
{% macro seen_at(table_name) -%}
    {%- set own_time = contract_table(table_name).config.meta.own_time -%}
    {{ "coalesce(loaded_at, cast(" ~ own_time ~ " as timestamp))" if own_time else "loaded_at" }}
{%- endmacro %}


{# Whether a row was loaded by known_at. A row without any time was always known. #}
{% macro is_known(table_name) -%}
    {%- if execute and var("known_at") -%}
        coalesce({{ seen_at(table_name) }} <= {{ time_setting("known_at") }}, true)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# The columns that versions of one row share; an optional one may be null, and null is a value here. #}
{% macro version_key(table) %}
    {% set key = [] %}
    {% for column in table.config.meta.key %}
        {% do key.append(column if table.columns[column].config.meta.required else "coalesce(" ~ column ~ ", '')") %}
    {% endfor %}
    {% do return(key) %}
{% endmacro %}


{# The same as one text. #}
{% macro version_text(table_name) -%}
    {%- if execute -%}
    {%- for column in version_key(contract_table(table_name)) -%}
        cast({{ column }} as {{ dbt.type_string() }}) {{- " || '|' || " if not loop.last -}}
    {%- endfor -%}
    {%- endif -%}
{%- endmacro %}


{% macro version_columns(table_name) -%}
    {{ version_key(contract_table(table_name)) | join(", ") if execute }}
{%- endmacro %}


{% macro same_key(table) -%}
    {%- for key in version_key(table) -%}
        {{ key }} = repeated_keys.key_{{ loop.index }} {{- " and " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}
