{#- Each of the four counts is counted by itself, so that raw = accepted + duplicates + quarantined can fail. -#}
with counts as (
    {%- for raw_table, base, staging in raw_table_models() %}
    select
        '{{ raw_table }}' as raw_table,
        (select count(*) from {{ source("raw", raw_table) }}) as raw_rows,
        -- rows hidden by known_at are accepted too
        (select count(*) from {{ ref(staging) }}) + checked.hidden_rows as accepted_rows,
        checked.seen_rows - checked.seen_keys as duplicate_rows,
        checked.quarantined_rows
    from (
        select
            count(quarantine_reason) as quarantined_rows,
            count(case when quarantine_reason is null and not {{ is_known(raw_table) }} then 1 end) as hidden_rows,
            count(case when quarantine_reason is null and {{ is_known(raw_table) }} then 1 end) as seen_rows,
            count(
                distinct case when quarantine_reason is null and {{ is_known(raw_table) }} then {{ version_text(raw_table) }} end
            ) as seen_keys
        from {{ ref(base) }}
    ) as checked
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
