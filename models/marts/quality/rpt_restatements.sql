{#- The engines that keep no report (macros/restatements/) have nothing to compare: a typed table without rows. -#}
{%- if target.type != "duckdb" -%}
{{ no_rows({
    "period_grain": "string", "period_start": "date", "period_end": "date", "segment_type": "string",
    "segment_value": "string", "metric": "string", "old_value": "decimal(38, 6)", "new_value": "decimal(38, 6)",
    "cause": "string", "event_count": "bigint", "event_ids": "string",
}) }}
{%- else -%}
{%- set metrics = reported_metrics() -%}
{%- set keys = ["period_grain", "period_start", "segment_type", "segment_value"] -%}

with metric_names as (
    {%- for metric in metrics %}
    select '{{ metric }}' as metric
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

compared as (
    select
        {%- for key in keys %}
        coalesce(figures.{{ key }}, reported.{{ key }}) as {{ key }},
        {%- endfor %}
        {%- for metric in metrics %}
        reported.{{ metric }} as old_{{ metric }},
        figures.{{ metric }} as new_{{ metric }},
        {%- endfor %}
        coalesce(figures.period_end, reported.period_end) as period_end
    from {{ ref("fct_segment_periods") }} as figures
    full outer join {{ ref("int_reported_figures") }} as reported
        on
            figures.period_grain = reported.period_grain
            and figures.period_start = reported.period_start
            and figures.segment_type = reported.segment_type
            and figures.segment_value = reported.segment_value
),

changed as (
    -- in periods that were complete then and are now
    select compared.*
    from compared
    inner join {{ ref("int_compared_periods") }} as compared_periods
        on compared.period_grain = compared_periods.period_grain and compared.period_start <= compared_periods.last_period_start
    left join {{ ref("int_segments_not_compared") }} as not_compared
        on
            compared.period_grain = not_compared.period_grain
            and compared.segment_type = not_compared.segment_type
            and compared.segment_value = not_compared.segment_value
    where
        not_compared.segment_value is null
        and (
            {%- for metric in metrics %}
            coalesce(compared.old_{{ metric }}, 0) <> coalesce(compared.new_{{ metric }}, 0) {{- " or" if not loop.last }}
            {%- endfor %}
        )
),

grains as (
    {{ grain_rows() }}
),

events as (
    select
        grains.period_grain,
        events.segment_type,
        events.segment_value,
        events.occurred_on
    from {{ ref("int_events_since_report") }} as events
    cross join grains
),

first_events as (
    select
        period_grain,
        segment_type,
        reported_value as segment_value,
        min(occurred_on) as first_occurred_on
    from ({{ as_reported("events") }}) as reported
    group by period_grain, segment_type, reported_value
),

values_by_metric as (
    select
        changed.*,
        metric_names.metric,
        {%- for side in ["old", "new"] %}
        case metric_names.metric
            {%- for metric in metrics %}
            when '{{ metric }}' then cast(changed.{{ side }}_{{ metric }} as decimal(38, 6))
            {%- endfor %}
        end as {{ side }}_value,
        {%- endfor %}
        -- a plan's events are everybody's: which plan one counts for may be what it changed
        case when changed.segment_type = 'plan' then 'all' else changed.segment_type end as events_segment_type,
        case when changed.segment_type = 'plan' then 'all' else changed.segment_value end as events_segment_value
    from changed
    cross join metric_names
),

final as (
    select
        restated.period_grain,
        restated.period_start,
        restated.period_end,
        restated.segment_type,
        restated.segment_value,
        restated.metric,
        restated.old_value,
        restated.new_value,
        case
            when causes.event_count > 0 then 'events'
            when first_events.first_occurred_on < restated.period_start then 'earlier_events'
            else 'other'
        end as cause,
        cast(coalesce(causes.event_count, 0) as bigint) as event_count,
        causes.event_ids
    from values_by_metric as restated
    left join {{ ref("int_restatement_causes") }} as causes
        on
            restated.period_grain = causes.period_grain
            and restated.period_start = causes.period_start
            and restated.events_segment_type = causes.segment_type
            and restated.events_segment_value = causes.segment_value
    left join first_events
        on
            restated.period_grain = first_events.period_grain
            and restated.events_segment_type = first_events.segment_type
            and restated.events_segment_value = first_events.segment_value
    where coalesce(restated.old_value, 0) <> coalesce(restated.new_value, 0)
)

select * from final
{%- endif %}
