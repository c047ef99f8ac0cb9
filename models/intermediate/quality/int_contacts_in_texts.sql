{#- What staging redacted leaves a mark: it is counted, and the contact itself is nowhere. An id is a key and stays. -#}
with counts as (
    {%- for raw_table, base, _ in raw_table_models() %}
    {%- set relation = ref(base) %}
    {%- for column in columns_without_contacts(raw_table) %}
    select
        '{{ raw_table }}' as raw_table,
        '{{ column.name }}' as column_name,
        {{ "true" if is_id(column.name) else "false" }} as is_published,
        count(case when {{ column.name }} like {{ "'%@%'" if is_id(column.name) else "'%[e-mail]%' or " ~ column.name ~ " like '%[number]%'" }} then 1 end) as contacts
    from {{ relation }}
    where row_status = 'accepted'
    union all
    {%- endfor %}
    {%- endfor %}
    {{ no_rows({"raw_table": "string", "column_name": "string", "is_published": "boolean", "contacts": "bigint"}) }}
),

final as (
    select
        raw_table,
        column_name,
        is_published,
        contacts
    from counts
    where contacts > 0
)

select * from final
