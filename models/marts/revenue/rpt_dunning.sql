with failures as (
    {{ in_segments(ref("int_payment_failures")) }}
),

sums as (
    select
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        failures.segment_type,
        failures.segment_value,
        count(*) as failures,
        count(case when failures.outcome = 'recovered' then 1 end) as recovered,
        count(case when failures.outcome = 'lost' then 1 end) as lost,
        count(case when failures.outcome = 'open' then 1 end) as still_open,
        sum(case when failures.outcome = 'recovered' then failures.days_open else 0 end) as days_to_recovery,
        percentile_cont(0.5) within group (
            order by {{ as_double("case when failures.outcome = 'recovered' then failures.days_open end") }}
        ) as median_days_to_recovery,
        sum(failures.mrr_at_risk) as mrr_at_risk,
        sum(case when failures.outcome = 'recovered' then failures.mrr_at_risk else 0 end) as mrr_recovered,
        sum(case when failures.outcome = 'lost' then failures.mrr_at_risk else 0 end) as mrr_lost,
        sum(case when failures.outcome = 'open' then failures.mrr_at_risk else 0 end) as mrr_open
    from failures
    inner join {{ ref("int_calendar_periods") }} as calendar
        on failures.failed_on = calendar.date_day
    group by
        calendar.period_grain, calendar.period_start, calendar.period_end, calendar.is_complete_period,
        failures.segment_type, failures.segment_value
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        failures,
        recovered,
        lost,
        still_open,
        {{ ratio("recovered", "recovered + lost") }} as recovery_rate,
        {{ wilson("recovered", "(recovered + lost)", "lower") }} as recovery_rate_lower,
        {{ wilson("recovered", "(recovered + lost)", "upper") }} as recovery_rate_upper,
        {{ ratio("days_to_recovery", "recovered") }} as mean_days_to_recovery,
        median_days_to_recovery,
        cast(mrr_at_risk as decimal(38, 6)) as mrr_at_risk,
        cast(mrr_recovered as decimal(38, 6)) as mrr_recovered,
        cast(mrr_lost as decimal(38, 6)) as mrr_lost,
        cast(mrr_open as decimal(38, 6)) as mrr_open
    from sums
)

select * from final
