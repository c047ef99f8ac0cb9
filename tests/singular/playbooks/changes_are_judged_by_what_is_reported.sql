-- What: the level after a change is the mean of the months that the reports show, and the effect is what it is off.
-- When it fails: int_change_figures lost or doubled a month, or a change is compared with other months than it says. Compare
--                its months from first_month_after on with the report.
with reported as (
    select
        period_start,
        segment_type,
        segment_value,
        'churn_rate' as metric,
        churn_rate as value
    from {{ ref("rpt_churn_rates") }}
    where period_grain = 'month'
    union all
    select
        period_start,
        segment_type,
        segment_value,
        'customers_new' as metric,
        customers_new as value
    from {{ ref("rpt_churn_rates") }}
    where period_grain = 'month'
    union all
    select
        period_start,
        segment_type,
        segment_value,
        'net_revenue_retention' as metric,
        net_revenue_retention as value
    from {{ ref("rpt_retention_rates") }}
    where period_grain = 'month'
    union all
    select
        period_start,
        segment_type,
        segment_value,
        'nps' as metric,
        nps as value
    from {{ ref("rpt_nps") }}
    where period_grain = 'month' and touchpoint_type = 'relational'
),

levels as (
    select
        effects.annotated_on,
        effects.label,
        effects.metric,
        effects.level_after,
        effects.expected,
        effects.effect,
        avg(reported.value) as reported_level
    from {{ ref("rpt_change_effects") }} as effects
    left join reported
        on
            effects.metric = reported.metric
            and effects.segment_type = reported.segment_type
            and effects.segment_value = reported.segment_value
            and effects.first_month_after <= reported.period_start
            and {{ dbt.dateadd("month", "-effects.months_after", "reported.period_start") }} < effects.first_month_after
    where effects.effect is not null and effects.metric <> 'joiner_churn_rate'
    group by
        effects.annotated_on, effects.label, effects.metric, effects.level_after, effects.expected, effects.effect
)

select * from levels
where
    reported_level is null
    or abs(level_after - reported_level) > 0.000001 * greatest(abs(reported_level), 1)
    or abs(level_after - effect - expected) > 0.000001 * greatest(abs(level_after), 1)
