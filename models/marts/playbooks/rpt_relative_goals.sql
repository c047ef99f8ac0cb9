{#- It judges other reports and reads them, so that a verdict and the number on a dashboard cannot differ. -#}
with goals as (
    select * from {{ ref("relative_goals") }}
),

reported as (
    {{ metric_values("goals", about=["period_grain"], columns=["goal", "metric", "compared_with", "wanted_percent"]) }}
),

compared as (
    -- the period before, and of those that begin in the same month the one before
    select
        *,
        lag(value) over of_goal as value_before,
        lag(period_end) over of_goal as period_before_end,
        lag(value) over of_calendar_month as value_year_before,
        lag(period_start) over of_calendar_month as period_year_before_start
    from reported
    where segment_type = 'all'
    window
        of_goal as (partition by goal order by period_start),
        of_calendar_month as (partition by goal, extract(month from period_start) order by period_start)
),

based as (
    select
        compared.*,
        metrics.better,
        case
            when compared.compared_with = 'previous_period' and compared.period_before_end = compared.period_start
                then compared.value_before
            when
                compared.compared_with = 'year_before'
                and compared.period_year_before_start = {{ year_before("compared.period_grain", "compared.period_start") }}
                then compared.value_year_before
        end as baseline
    from compared
    inner join {{ ref("int_metrics") }} as metrics
        on compared.metric = metrics.metric
),

judged as (
    select
        *,
        case
            when compared_with = 'fixed' then {{ as_double("wanted_percent") }} / 100
            when baseline > 0 then baseline * (100 + wanted_percent) / 100
        end as threshold,
        case
            when not is_complete_period then 'incomplete_period'
            when value is null then null_reason
            -- of nothing, or less, there is no share
            when compared_with <> 'fixed' and not coalesce(baseline > 0, false) then 'no_baseline'
        end as no_verdict_reason
    from based
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        goal,
        metric,
        compared_with,
        cast(wanted_percent as integer) as wanted_percent,
        baseline,
        value,
        case when baseline > 0 then {{ ratio("value - baseline", "baseline") }} end as relative_change,
        threshold,
        value - threshold as gap,
        better,
        case
            when no_verdict_reason is not null then null
            when better = 'lower' and {{ is_above("value", "threshold") }} then 'missed'
            when better = 'higher' and {{ is_above("threshold", "value") }} then 'missed'
            else 'reached'
        end as verdict,
        no_verdict_reason
    from judged
)

select * from final
