{{ config(materialized="view") }}

{#- One row per target, with what it is a target of; the reason why it cannot be judged, if the metric or period is not there. -#}
select
    targets.metric,
    targets.period_grain,
    targets.period_start,
    periods.period_end,
    coalesce(periods.is_complete_period, false) as is_complete_period,
    targets.target,
    metrics.better,
    case
        when metrics.metric is null then 'unknown_metric'
        when targets.period_start > moment.as_of_on then 'future_period'
        when periods.period_start is null then 'unknown_period'
        when not periods.is_complete_period then 'incomplete_period'
    end as no_verdict_reason
from {{ ref("stg_planning__targets") }} as targets
cross join {{ ref("int_report_moment") }} as moment
left join {{ ref("int_metrics") }} as metrics
    on targets.metric = metrics.metric
left join {{ ref("int_periods") }} as periods
    on targets.period_grain = periods.period_grain and targets.period_start = periods.period_start
