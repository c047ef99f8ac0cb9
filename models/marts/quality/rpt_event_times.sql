with moment as (
    select
        moments.as_of,
        cast(cast(thresholds.value as {{ dbt.type_string() }}) || '-01-01' as timestamp) as earliest_plausible_at
    from {{ ref("int_report_moment") }} as moments
    cross join {{ ref("thresholds") }} as thresholds
    where thresholds.threshold = 'earliest_plausible_year'
),

final as (
    {%- for raw_table, staging, event_time, first_time in event_times() %}
    select
        '{{ raw_table }}' as raw_table,
        min({{ first_time }}) as first_at,
        max({{ event_time }}) as last_at,
        count(case when {{ event_time }} < moment.earliest_plausible_at then 1 end) as rows_too_early,
        count(case when {{ event_time }} > moment.as_of then 1 end) as rows_after_as_of,
        count(case when {{ event_time }} > cast(cast({{ event_time }} as date) as timestamp) then 1 end)
            as rows_with_time_of_day
    from {{ ref(staging) }}
    cross join moment
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select * from final
