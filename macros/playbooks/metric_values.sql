{#
    For each row that asks for a metric its value in every segment and period that it asks about, from the report itself,
    so that a verdict and the number on a dashboard cannot differ. A metric that nobody asks for costs nothing.

    Arguments:
        asked: a CTE with the columns metric and those of `about`.
        about: the columns that say which periods: period_grain, or period_grain and period_start.
        columns: which of its other columns are kept.
#}
{% macro metric_values(asked, about, columns) -%}
    {%- for report, has in metrics_by_report().items() %}
    select
        report.period_grain,
        report.period_start,
        report.period_end,
        report.is_complete_period,
        report.segment_type,
        report.segment_value,
        {%- for column in columns %}
        asked.{{ column }},
        {%- endfor %}
        case asked.metric
            {%- for name, metric in has.metrics.items() %}
            when '{{ name }}' then {{ as_double(metric.get("is", name)) }}
            {%- endfor %}
        end as value,
        case asked.metric
            {%- for name, metric in has.metrics.items() %}
            when '{{ name }}' then {{ metric.get("null_is", "'no_value'") }}
            {%- endfor %}
        end as null_reason
    from {{ asked }} as asked
    inner join {{ ref(report) }} as report
        on {% for column in about %}asked.{{ column }} = report.{{ column }}{{ " and " if not loop.last }}{% endfor %}
    where asked.metric in ('{{ has.metrics | join("', '") }}'){{ " and " ~ has.where if has.where }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
