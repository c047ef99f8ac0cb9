{#-
    Does the NPS of a month go with the share of customers who stay in the months after it? A pair of a month's relational
    NPS and the retention so many months later, for each month that has both.
-#}
with lags as (
    select cast(generated_number - 1 as integer) as lag_months
    from ({{ dbt.generate_series(7) }}) as numbers
),

scored_months as (
    select
        scores.segment_type,
        scores.segment_value,
        scores.period_start,
        scores.nps
    from {{ ref("int_nps_scores") }} as scores
    inner join {{ ref("thresholds") }} as enough
        on enough.threshold = 'nps_lag_least_respondents' and scores.respondents >= enough.value
    where
        scores.period_grain = 'month'
        and scores.is_complete_period
        and scores.touchpoint_type = 'relational'
        and not {{ is_of_a_split() }}
),

retained_months as (
    select
        segment_type,
        segment_value,
        period_start,
        {{ ratio("customers_start - customers_churned", "customers_start") }} as retention_rate
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'month' and is_complete_period and customers_start > 0
),

pairs as (
    select
        scored.segment_type,
        scored.segment_value,
        lags.lag_months,
        scored.nps,
        retained.retention_rate
    from scored_months as scored
    cross join lags
    inner join retained_months as retained
        on
            scored.segment_type = retained.segment_type
            and scored.segment_value = retained.segment_value
            and cast({{ dbt.dateadd("month", "lags.lag_months", "scored.period_start") }} as date) = retained.period_start
),

correlations as (
    select
        segment_type,
        segment_value,
        lag_months,
        count(*) as n,
        -- where nothing varies there is nothing to go together; the last digits depend on the order of the months
        case
            when count(*) > 2 and min(nps) < max(nps) and min(retention_rate) < max(retention_rate)
                then {{ as_double("round(cast(corr(nps, retention_rate) as decimal(20, 15)), 12)") }}
        end as correlation
    from pairs
    group by segment_type, segment_value, lag_months
),

intervals as (
    select
        *,
        {{ correlation_bound("correlation", "n", "lower") }} as correlation_lower,
        {{ correlation_bound("correlation", "n", "upper") }} as correlation_upper,
        correlation = max(correlation) over (partition by segment_type, segment_value) as is_strongest_lag
    from correlations
),

final as (
    select
        lag_months,
        segment_type,
        segment_value,
        n,
        correlation,
        correlation_lower,
        correlation_upper,
        case
            when correlation_lower > 0 then 'go_together'
            when correlation_upper < 0 then 'run_against'
            when correlation_lower <= correlation_upper then 'no_clear_link'
        end as verdict,
        coalesce(is_strongest_lag, false) as is_strongest_lag,
        -- the same at each lag of a segment
        case
            when max(case when is_strongest_lag and correlation_lower > 0 then 1 end) over of_segment is null then 'not_shown'
            when max(case when is_strongest_lag and lag_months in (2, 3) then 1 end) over of_segment = 1 then 'holds'
            else 'another_lag_is_stronger'
        end as claim_verdict
    from intervals
    window of_segment as (partition by segment_type, segment_value)
)

select * from final
