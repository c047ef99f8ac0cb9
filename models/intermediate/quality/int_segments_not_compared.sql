{{ config(materialized="view") }}

{#-
    Where another value became one of the largest, it has rows of its own now and was a part of (other) before, and one that
    no longer is the other way round: neither they nor (other) are what they were, though nothing happened to them.
-#}
with segments_of_each as (
    {%- for report in ["int_reported_figures", "fct_segment_periods"] %}
    select distinct
        {{ 1 if loop.first else 0 }} as is_before,
        {{ 0 if loop.first else 1 }} as is_now,
        figures.period_grain,
        figures.segment_type,
        figures.segment_value
    from {{ ref(report) }} as figures
    inner join {{ ref("int_compared_periods") }} as compared
        on figures.period_grain = compared.period_grain and figures.period_start <= compared.last_period_start
    where figures.period_grain in ('{{ fine_grains() | join("', '") }}')
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

segments as (
    select
        period_grain,
        segment_type,
        segment_value,
        case when sum(is_before) > 0 and sum(is_now) > 0 then 1 else 0 end as is_in_both,
        case when segment_value = {{ other_segments() }} then 1 else 0 end as is_of_others
    from segments_of_each
    group by period_grain, segment_type, segment_value
),

changed_types as (
    select
        period_grain,
        segment_type
    from segments
    group by period_grain, segment_type
    having max(is_of_others) = 1 and min(is_in_both) = 0
)

select
    segments.period_grain,
    segments.segment_type,
    segments.segment_value
from segments
inner join changed_types
    on segments.period_grain = changed_types.period_grain and segments.segment_type = changed_types.segment_type
where segments.is_of_others = 1 or segments.is_in_both = 0
