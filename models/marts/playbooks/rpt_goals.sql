{#- It judges other reports and reads them, so that a verdict and the number on a dashboard cannot differ. -#}
{%- set metrics_by_report = {
    "rpt_churn_rates": [
        "churn_rate", "voluntary_churn_rate", "involuntary_churn_rate", "growth_rate", "net_growth_rate",
        "customers_new", "customers_end",
    ],
    "rpt_retention_rates": ["retention_rate", "crr", "gross_revenue_retention", "net_revenue_retention"],
    "rpt_mrr_movements": ["arpa", "quick_ratio", "gross_mrr_churn_rate", "net_mrr_churn_rate", "mrr_end"],
    "rpt_nps": ["nps", "response_rate"],
    "rpt_dunning": ["recovery_rate"],
    "rpt_repeat_purchases": ["repeat_purchase_rate"],
} -%}

with targets as (
    select * from {{ ref("int_targets") }}
),

actual as (
    {%- for report, metrics in metrics_by_report.items() %}
    select
        targets.metric,
        targets.period_grain,
        targets.period_start,
        case targets.metric
            {%- for metric in metrics %}
            when '{{ metric }}' then {{ as_double("report." ~ metric) }}
            {%- endfor %}
        end as value
    from targets
    inner join {{ ref(report) }} as report
        on targets.period_grain = report.period_grain and targets.period_start = report.period_start
    where
        targets.metric in ('{{ metrics | join("', '") }}')
        and report.segment_type = 'all'
        {{- " and report.touchpoint_type = 'relational'" if report == "rpt_nps" }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        targets.*,
        actual.value,
        case
            when targets.no_verdict_reason is not null then targets.no_verdict_reason
            when actual.value is null then 'no_value'
        end as reason
    from targets
    left join actual
        on
            targets.metric = actual.metric
            and targets.period_grain = actual.period_grain
            and targets.period_start = actual.period_start
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        metric,
        value,
        target as threshold,
        value - target as gap,
        better,
        case
            when reason is not null then null
            when better = 'lower' and {{ is_above("value", "target") }} then 'missed'
            when better = 'higher' and {{ is_above("target", "value") }} then 'missed'
            else 'reached'
        end as verdict,
        reason as no_verdict_reason
    from judged
)

select * from final
