{#
    Every row of a raw table and what became of it (row_status), stored once: what staging, the quarantine and the
    reconciliation read.

        accepted     it counts
        duplicate    another version of it counts: the one with the latest loaded_at, then the one with the greater
                     content, so that the answer never depends on file order
        hidden       loaded after known_at
        quarantined  it cannot be used; quarantine_reason says why

    Only keys that occur twice are sorted: sorting every row would cost more than all that follows.

    An increment reads what warehouse/increments.py says of the table: all, as a full build does; its new parts, and then
    the stored versions of a key come too, to be ranked again; or nothing, where its files are the same.

    Arguments: those of checked_rows().
#}
{% macro landed_rows(table_name, relation, first_rates=none, further_checks=[]) %}
{%- set read = rows_read(table_name) if execute -%}
{%- if read == "none" -%}
select * from {{ this }}
where false
{%- elif execute -%}
{%- set adds = read == "new" -%}
{%- set relation = api.Relation.create(target.database, "raw", "new_" ~ table_name) if adds else relation -%}
{%- set table = contract_table(table_name) -%}
{%- set columns = contract_columns(table_name) -%}
{%- set carried = (columns + ["loaded_at", "quarantine_reason", "row_key", "raw_row"]) | join(", ") -%}
{%- set keys = key_names(table) -%}
{%- set rows_of_repeated_keys -%}
(
                select {% for column in table.columns %}keyed.{{ column }}{{ ", " if not loop.last }}{% endfor %}
                from ({{ with_version_key(table, relation) }}) as keyed
                inner join repeated_keys
                    on {% for key in keys %}keyed.{{ key }} = repeated_keys.{{ key }}{{ " and " if not loop.last }}{% endfor %}
            )
{%- endset -%}
with repeated_keys as (
    select {{ keys | join(", ") }}
    from ({{ with_version_key(table, relation) }}) as keyed
    group by {{ keys | join(", ") }}
    having count(*) > 1
    {%- if adds %}
    union
    select {{ version_key(table) | join(", ") }}
    from {{ this }}
    where ({{ version_key(table) | join(", ") }}) in (
        select {{ keys | join(", ") }}
        from ({{ with_version_key(table, relation) }}) as keyed
    )
    {%- endif %}
),

single_rows as (
    select
        checked.*,
        1 as version_rank
    from (
        {{ checked_rows(table_name, relation, first_rates, further_checks) }}
    ) as checked
    left join repeated_keys on {{ same_key(table) }}
    where repeated_keys.key_1 is null
),

repeated_rows as (
    select
        versions.*,
        row_number() over (
            partition by {{ version_key(table) | join(", ") }}, quarantine_reason is null and {{ is_known(table_name) }}
            order by
                {{ seen_at(table_name) }} desc nulls last
                {%- for column in columns %}, {{ column }} desc nulls last{% endfor %}
        ) as version_rank
    from (
        select {{ carried }}
        from (
            {{ checked_rows(table_name, rows_of_repeated_keys, first_rates, further_checks) }}
        ) as checked
        {%- if adds %}
        union all
        select {{ carried }}
        from {{ this }}
        inner join repeated_keys on {{ same_key(table) }}
        {%- endif %}
    ) as versions
),

all_rows as (
    select * from single_rows
    union all
    select * from repeated_rows
)

select
    {{ columns | join(", ") }},
    {{ seen_at(table_name) }} as loaded_at,
    case
        when quarantine_reason is not null then 'quarantined'
        when not {{ is_known(table_name) }} then 'hidden'
        when version_rank > 1 then 'duplicate'
        else 'accepted'
    end as row_status,
    quarantine_reason,
    row_key,
    raw_row
from all_rows
{%- else -%}
select * from {{ relation }}
{%- endif -%}
{% endmacro %}


{# When a row reached the landing folder; a null loaded_at is the row's own time. #}
{% macro seen_at(table_name) -%}
    {%- set own_time = contract_table(table_name).config.meta.own_time -%}
    {{ "coalesce(loaded_at, cast(" ~ own_time ~ " as timestamp))" if own_time else "loaded_at" }}
{%- endmacro %}


{# Whether a row was loaded by known_at. A row without any time was always known. #}
{% macro is_known(table_name) -%}
    {%- if var("known_at") -%}
        coalesce({{ seen_at(table_name) }} <= {{ time_setting("known_at") }}, true)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}


{# The columns that versions of one row share; an optional one may be null, and null is a value here. #}
{% macro version_key(table) %}
    {% set key = [] %}
    {% for column in key_columns(table) %}
        {% do key.append(known_key(column, column.name)) %}
    {% endfor %}
    {% do return(key) %}
{% endmacro %}

{# Raw rows with their version_key() beside them, as the key_names(), so that they can be compared before they are checked. #}
{% macro with_version_key(table, relation) %}
        select
            texts.*,
            {%- for column in key_columns(table) %}
            {{ known_key(column, contract_value(column)) }} as key_{{ loop.index }} {{- "," if not loop.last }}
            {%- endfor %}
        from ({{ with_texts(key_columns(table), relation) }}) as texts
{% endmacro %}

{% macro key_names(table) %}
    {% set names = [] %}
    {% for column in key_columns(table) %}
        {% do names.append("key_" ~ loop.index) %}
    {% endfor %}
    {% do return(names) %}
{% endmacro %}

{% macro key_columns(table) %}
    {% set columns = [] %}
    {% for name in table.config.meta.key %}
        {% do columns.append(table.columns[name]) %}
    {% endfor %}
    {% do return(columns) %}
{% endmacro %}

{% macro known_key(column, value) -%}
    {{ value if column_meta(column).required else "coalesce(" ~ value ~ ", '')" }}
{%- endmacro %}


{# Whether a checked row has one of the repeated keys. #}
{% macro same_key(table) -%}
    {%- for key in version_key(table) -%}
        {{ key }} = repeated_keys.key_{{ loop.index }} {{- " and " if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}
