with judged as (
    -- what the last value would have said of the same month, from the same origin
    select
        forecasts.*,
        abs(forecasts.value - forecasts.actual) as error,
        abs(naive.value - naive.actual) as error_naive,
        case when forecasts.actual between forecasts.lower_80 and forecasts.upper_80 then 1 else 0 end as inside_80,
        case when forecasts.actual between forecasts.lower_95 and forecasts.upper_95 then 1 else 0 end as inside_95
    from {{ ref("int_forecasts") }} as forecasts
    inner join {{ ref("int_forecasts") }} as naive
        on
            forecasts.metric = naive.metric
            and forecasts.segment_type = naive.segment_type
            and forecasts.segment_value = naive.segment_value
            and forecasts.origin = naive.origin
            and forecasts.months_ahead = naive.months_ahead
            and naive.method = 'naive'
    where forecasts.actual is not null
),

sums as (
    select
        metric,
        segment_type,
        method,
        months_ahead,
        count(*) as forecasts,
        count(lower_80) as forecasts_with_interval,
        sum(inside_80) as inside_80,
        sum(inside_95) as inside_95,
        avg(error) as mean_absolute_error,
        avg(error_naive) as mean_absolute_error_naive
    from judged
    group by metric, segment_type, method, months_ahead
),

final as (
    select
        metric,
        segment_type,
        method,
        cast(months_ahead as integer) as months_ahead,
        cast(forecasts as bigint) as forecasts,
        cast(forecasts_with_interval as bigint) as forecasts_with_interval,
        cast(inside_80 as bigint) as inside_80,
        cast(inside_95 as bigint) as inside_95,
        {{ ratio("inside_80", "forecasts_with_interval") }} as coverage_80,
        {{ ratio("inside_95", "forecasts_with_interval") }} as coverage_95,
        mean_absolute_error,
        mean_absolute_error_naive,
        {{ ratio("mean_absolute_error", "mean_absolute_error_naive") }} as relative_error
    from sums
)

select * from final
