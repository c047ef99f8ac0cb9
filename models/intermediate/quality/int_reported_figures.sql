{{ config(materialized="view") }}

select
    period_grain,
    period_start,
    period_end,
    segment_type,
    segment_value,
    {{ reported_metrics() | join(",\n    ") }}
{%- if has_reported_figures() %}
from reported.segment_periods
{%- else %}
from {{ ref("fct_segment_periods") }}
where false
{%- endif %}
