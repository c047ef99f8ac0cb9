with rejected as (
    {%- for raw_table, base, staging in raw_table_models() %}
    select
        '{{ raw_table }}' as raw_table,
        row_key,
        quarantine_reason as reason,
        raw_row
    from {{ ref(base) }}
    where row_status = 'quarantined'
    union all
    {%- endfor %}
    -- the line of a table with personal data may hold some: only its number is kept
    select
        raw_table,
        'line ' || cast(line_number as {{ dbt.type_string() }}) as row_key,
        'unreadable_line' as reason,
        problem as raw_row
    from {{ source("landing", "unreadable_lines") }}
    union all
    select
        source_table as raw_table,
        coalesce(source_key, '?') as row_key,
        reason,
        cast(null as {{ dbt.type_string() }}) as raw_row
    from {{ ref("stg_connectors__set_aside_rows") }}
),

numbered as (
    select
        *,
        row_number() over (partition by raw_table, row_key, reason order by raw_row) as row_number_of_key
    from rejected
),

final as (
    select
        raw_table,
        -- several rows with one key and reason are told apart: C-1, C-1 (2), ...
        case
            when row_number_of_key = 1 then row_key
            else row_key || ' (' || cast(row_number_of_key as {{ dbt.type_string() }}) || ')'
        end as row_key,
        reason,
        raw_row
    from numbered
)

select * from final
