with failures as (
    {{ in_segments(ref("int_payment_failures")) }}
),

in_periods as (
    {{ in_periods("failures", "failed_on") }}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        coalesce(decline_reason, '(none)') as decline_reason,
        count(*) as failures,
        count(case when outcome = 'recovered' then 1 end) as recovered,
        count(case when outcome = 'lost' then 1 end) as lost,
        count(case when outcome = 'open' then 1 end) as still_open,
        percentile_cont(0.5) within group (
            order by {{ as_double("case when outcome = 'recovered' then days_open end") }}
        ) as median_days_to_recovery,
        sum(mrr_at_risk) as mrr_at_risk,
        sum(case when outcome = 'recovered' then mrr_at_risk else 0 end) as mrr_recovered,
        sum(case when outcome = 'lost' then mrr_at_risk else 0 end) as mrr_lost,
        sum(case when outcome = 'open' then mrr_at_risk else 0 end) as mrr_open
    from in_periods
    -- a reason of a day or week is a handful of payments
    where period_grain in ('{{ cell_grains() | join("', '") }}')
    group by
        period_grain, period_start, period_end, is_complete_period, segment_type, segment_value,
        coalesce(decline_reason, '(none)')
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        decline_reason,
        failures,
        recovered,
        lost,
        still_open,
        {{ ratio("recovered", "recovered + lost") }} as recovery_rate,
        {{ wilson("recovered", "(recovered + lost)", "lower") }} as recovery_rate_lower,
        {{ wilson("recovered", "(recovered + lost)", "upper") }} as recovery_rate_upper,
        median_days_to_recovery,
        cast(mrr_at_risk as decimal(38, 6)) as mrr_at_risk,
        cast(mrr_recovered as decimal(38, 6)) as mrr_recovered,
        cast(mrr_lost as decimal(38, 6)) as mrr_lost,
        cast(mrr_open as decimal(38, 6)) as mrr_open
    from sums
)

select * from final
