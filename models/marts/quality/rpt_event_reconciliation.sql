{#- Each of the four counts is counted by itself, so that raw = accepted + duplicates + quarantined can fail. -#}
with counts as (
    {%- for raw_table, base, staging in raw_table_models() %}
    select
        '{{ raw_table }}' as raw_table,
        (select count(*) from {{ source("raw", raw_table) }}) as raw_rows,
        (select count(*) from {{ ref(staging) }})
        -- rows hidden by known_at are accepted too
        + (
            select count(*) from {{ ref(base) }}
            where quarantine_reason is null and not {{ is_known(raw_table) }}
        ) as accepted_rows,
        (
            select coalesce(sum(versions.versions - 1), 0)
            from (
                select count(*) as versions
                from {{ ref(base) }}
                where quarantine_reason is null and {{ is_known(raw_table) }}
                group by {{ version_columns(raw_table) }}
            ) as versions
        ) as duplicate_rows,
        (
            select count(*) from {{ ref(base) }}
            where quarantine_reason is not null
        ) as quarantined_rows
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
