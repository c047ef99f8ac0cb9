with terms as (
    {{ in_segments(ref("int_term_outcomes")) }}
),

in_periods as (
    {{ in_periods("terms", "ends_on") }}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        reported_value as segment_value,
        count(*) as due,
        count(case when outcome in ('renewed', 'rolled_over') then 1 end) as renewed,
        count(case when outcome = 'renewed' and days_late = 0 then 1 end) as renewed_on_time,
        count(case when outcome = 'renewed' and days_late > 0 then 1 end) as renewed_late,
        count(case when outcome = 'rolled_over' then 1 end) as rolled_over,
        count(case when outcome = 'lost' then 1 end) as lost,
        count(case when is_replaced then 1 end) as lost_replaced,
        count(case when outcome = 'open' then 1 end) as still_open,
        sum(case when days_late > 0 then days_late end) as days_late,
        sum(mrr_due) as mrr_due,
        sum(case when outcome = 'lost' then mrr_due else 0 end) as mrr_lost,
        sum(case when outcome = 'open' then mrr_due else 0 end) as mrr_open,
        sum(mrr_renewed) as mrr_renewed
    from ({{ as_reported("in_periods") }}) as reported
    group by period_grain, period_start, period_end, is_complete_period, segment_type, reported_value
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        due,
        renewed,
        renewed_on_time,
        renewed_late,
        rolled_over,
        lost,
        lost_replaced,
        still_open as open,
        {{ ratio("renewed", "renewed + lost") }} as renewal_rate,
        {{ wilson("renewed", "(renewed + lost)", "lower") }} as renewal_rate_lower,
        {{ wilson("renewed", "(renewed + lost)", "upper") }} as renewal_rate_upper,
        {{ ratio("days_late", "renewed_late") }} as mean_days_late,
        cast(mrr_due as decimal(38, 6)) as mrr_due,
        cast(mrr_lost as decimal(38, 6)) as mrr_lost,
        cast(mrr_open as decimal(38, 6)) as mrr_open,
        cast(mrr_renewed as decimal(38, 6)) as mrr_renewed,
        {{ ratio("mrr_renewed", "mrr_due - mrr_open") }} as mrr_renewal_rate
    from sums
)

select * from final
