{#- Each of the four counts is counted by itself, so that raw = accepted + duplicates + quarantined can fail. -#}
with counts as (
    {%- for raw_table, base, staging in raw_table_models() %}
    select
        '{{ raw_table }}' as raw_table,
        (select count(*) from {{ source("raw", raw_table) }}) as raw_rows,
        -- rows hidden by known_at are accepted too
        (select count(*) from {{ ref(staging) }}) + count(case when row_status = 'hidden' then 1 end) as accepted_rows,
        count(case when row_status = 'duplicate' then 1 end) as duplicate_rows,
        count(quarantine_reason) as quarantined_rows
    from {{ ref(base) }}
    union all
    {%- endfor %}
    select
        raw_table,
        count(*) as raw_rows,
        0 as accepted_rows,
        0 as duplicate_rows,
        count(*) as quarantined_rows
    from {{ source("landing", "unreadable_lines") }}
    group by raw_table
    union all
    select
        source_table as raw_table,
        rows_read as raw_rows,
        rows_used as accepted_rows,
        0 as duplicate_rows,
        0 as quarantined_rows
    from {{ ref("stg_connectors__source_tables") }}
    union all
    select
        source_table as raw_table,
        0 as raw_rows,
        0 as accepted_rows,
        0 as duplicate_rows,
        count(*) as quarantined_rows
    from {{ ref("stg_connectors__set_aside_rows") }}
    group by source_table
),

final as (
    select
        raw_table,
        cast(sum(raw_rows) as bigint) as raw_rows,
        cast(sum(accepted_rows) as bigint) as accepted_rows,
        cast(sum(duplicate_rows) as bigint) as duplicate_rows,
        cast(sum(quarantined_rows) as bigint) as quarantined_rows
    from counts
    group by raw_table
)

select * from final
