with final as (
    select
        metric,
        segment_type,
        segment_value,
        method,
        origin,
        months_ahead,
        period_start,
        value,
        lower_80,
        upper_80,
        lower_95,
        upper_95,
        actual,
        value - actual as error,
        -- without an interval nothing was promised
        actual between lower_80 and upper_80 as is_inside_80,
        actual between lower_95 and upper_95 as is_inside_95
    from {{ ref("int_forecasts") }}
    where actual is not null
)

select * from final
