with forecasts as (
    select * from {{ ref("int_forecasts") }}
),

latest as (
    select max(origin) as origin
    from forecasts
),

final as (
    select
        forecasts.metric,
        forecasts.segment_type,
        forecasts.segment_value,
        forecasts.method,
        forecasts.period_start,
        forecasts.months_ahead,
        forecasts.origin,
        forecasts.value,
        forecasts.lower_80,
        forecasts.upper_80,
        forecasts.lower_95,
        forecasts.upper_95,
        forecasts.reason
    from forecasts
    inner join latest
        on forecasts.origin = latest.origin
)

select * from final
