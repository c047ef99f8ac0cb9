{#- The metrics that a business is led by, and those of them that are estimates with an interval. -#}
{%- set metrics = [
    "customers_end", "customers_new", "customers_churned", "churn_rate", "voluntary_churn_rate", "involuntary_churn_rate",
    "net_growth_rate", "retention_rate", "gross_revenue_retention", "net_revenue_retention", "mrr_end", "arpa", "quick_ratio",
    "recovery_rate", "clv", "nps", "response_rate",
] -%}
{%- set estimates = ["churn_rate", "retention_rate", "nps"] -%}
{%- set report_of = metrics_by_name() -%}
{%- set reports = [] -%}
{%- for metric in metrics if report_of[metric].report not in reports -%}
{%- do reports.append(report_of[metric].report) -%}
{%- endfor -%}

with targets as (
    select
        period_grain,
        period_start
        {%- for metric in metrics -%}
        ,
        max(case when metric = '{{ metric }}' then target end) as {{ metric }}
        {%- endfor %}
    from {{ ref("int_targets") }}
    group by period_grain, period_start
),

periods as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        {{ period_label("periods.period_grain", "periods.period_start", "days.quarter_start", "days.year_start") }} as period_label,
        {{ year_before("periods.period_grain", "periods.period_start") }} as year_before,
        max(case when periods.is_complete_period then periods.period_start end) over (partition by periods.period_grain)
            as latest_complete_start
    from {{ ref("int_periods") }} as periods
    inner join {{ ref("int_calendar_days") }} as days
        on periods.period_start = days.date_day
),

figures as (
    select
        {%- for metric in metrics %}
        {{ report_of[metric].report }}.{{ metric }},
        {%- if metric in estimates %}
        {{ report_of[metric].report }}.{{ metric }}_lower,
        {{ report_of[metric].report }}.{{ metric }}_upper,
        {%- endif %}
        {%- endfor %}
        {%- for metric in metrics %}
        {{ as_double("targets." ~ metric) }} as {{ metric }}_target,
        {%- endfor %}
        periods.*
    from periods
    left join targets
        on periods.period_grain = targets.period_grain and periods.period_start = targets.period_start
    {%- for report in reports %}
    left join {{ ref(report) }} as {{ report }}
        on
            periods.period_grain = {{ report }}.period_grain
            and periods.period_start = {{ report }}.period_start
            and {{ report }}.segment_type = 'all'
            and {{ metrics_by_report()[report].get("where", "true") | replace("report.", report ~ ".") }}
    {%- endfor %}
),

final as (
    select
        figures.period_grain,
        figures.period_start,
        figures.period_end,
        figures.is_complete_period,
        figures.period_label,
        coalesce(figures.period_start = figures.latest_complete_start, false) as is_latest_complete
        {%- for metric in metrics -%}
        ,
        figures.{{ metric }},
        {%- if metric in estimates %}
        figures.{{ metric }}_lower,
        figures.{{ metric }}_upper,
        {%- endif %}
        figures.{{ metric }}_target,
        figures.{{ metric }} - previous.{{ metric }} as {{ metric }}_change,
        figures.{{ metric }} - last_year.{{ metric }} as {{ metric }}_change_year
        {%- endfor %}
    from figures
    left join figures as previous
        on figures.period_grain = previous.period_grain and figures.period_start = previous.period_end
    left join figures as last_year
        on figures.period_grain = last_year.period_grain and figures.year_before = last_year.period_start
)

select * from final
