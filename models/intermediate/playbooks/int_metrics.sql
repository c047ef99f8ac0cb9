{{ config(materialized="view") }}

{#- The list of metrics (macros/playbooks/metrics.sql) as rows. -#}
{%- for name, metric in metrics_by_name().items() %}
select
    '{{ name }}' as metric,
    '{{ metric.report }}' as report,
    '{{ metric.better }}' as better,
    '{{ metric.unit }}' as unit
{{ "union all" if not loop.last }}
{%- endfor %}
