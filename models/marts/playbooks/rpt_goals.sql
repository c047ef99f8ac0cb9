with targets as (
    select * from {{ ref("int_targets") }}
),

reported as (
    {{ metric_values("targets", about=["period_grain", "period_start"], columns=["metric"]) }}
),

judged as (
    select
        targets.*,
        reported.value,
        case
            when targets.no_verdict_reason is not null then targets.no_verdict_reason
            when reported.value is null then 'no_value'
        end as reason
    from targets
    left join reported
        on
            targets.metric = reported.metric
            and targets.period_grain = reported.period_grain
            and targets.period_start = reported.period_start
            and reported.segment_type = 'all'
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
