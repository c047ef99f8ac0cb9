with pauses as (
    {{ in_segments(ref("int_subscription_pauses")) }}
),

in_periods as (
    {{ in_periods("pauses", "paused_on") }}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        reported_value as segment_value,
        count(*) as paused,
        count(case when outcome = 'resumed' then 1 end) as resumed,
        count(case when outcome = 'lost' then 1 end) as lost,
        count(case when outcome = 'open' then 1 end) as still_paused,
        count(is_renewed) as resumed_long_ago,
        count(case when is_renewed then 1 end) as renewed,
        sum(days_paused) as days_paused,
        percentile_cont(0.5) within group (order by {{ as_double("days_paused") }}) as median_days_paused,
        sum(mrr_paused) as mrr_paused
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
        paused,
        resumed,
        lost,
        still_paused,
        {{ ratio("resumed", "resumed + lost") }} as resume_rate,
        {{ wilson("resumed", "(resumed + lost)", "lower") }} as resume_rate_lower,
        {{ wilson("resumed", "(resumed + lost)", "upper") }} as resume_rate_upper,
        {{ ratio("days_paused", "resumed + lost") }} as mean_days_paused,
        median_days_paused,
        resumed_long_ago,
        renewed,
        {{ ratio("renewed", "resumed_long_ago") }} as renewal_rate,
        {{ wilson("renewed", "resumed_long_ago", "lower") }} as renewal_rate_lower,
        {{ wilson("renewed", "resumed_long_ago", "upper") }} as renewal_rate_upper,
        cast(mrr_paused as decimal(38, 6)) as mrr_paused
    from sums
)

select * from final
