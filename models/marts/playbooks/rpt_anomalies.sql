with limits as (
    select
        {{ as_double("max(case when threshold = 'anomaly_z_score' then value end)") }} / 10 as z_score,
        max(case when threshold = 'anomaly_least_months' then value end) as least_months
    from {{ ref("thresholds") }}
),

judged as (
    select
        figures.*,
        metrics.better,
        limits.z_score as limit_of_z,
        case
            when not figures.is_complete_period then 'incomplete_period'
            when figures.value is null then figures.null_reason
            when not figures.is_enough then 'too_few'
            when figures.measure is null then 'no_previous_period'
            when figures.months_compared < limits.least_months then 'short_history'
            when not {{ is_above("coalesce(figures.deviation, 0)", 0) }} then 'no_variation'
        end as no_verdict_reason
    from {{ ref("int_usual_figures") }} as figures
    inner join {{ ref("int_metrics") }} as metrics on figures.metric = metrics.metric
    cross join limits
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        metric,
        {{ as_double("value") }} as value,
        n,
        {%- for bound, of_z in {"expected": "0", "expected_lower": "-limit_of_z", "expected_upper": "limit_of_z"}.items() %}
        case
            when no_verdict_reason is null
                then {{ as_double("least(greatest((expected + " ~ of_z ~ " * deviation + origin) * unit, lowest), highest)") }}
        end as {{ bound }},
        {%- endfor %}
        case when no_verdict_reason is null then (measure - expected) / deviation end as z_score,
        cast(months_compared as bigint) as months_compared,
        is_seasonal,
        better,
        case
            when no_verdict_reason is not null then null
            when not {{ is_above("abs(measure - expected)", "limit_of_z * deviation") }} then 'usual'
            when measure > expected then 'unusually_high'
            else 'unusually_low'
        end as verdict,
        no_verdict_reason
    from judged
)

select * from final
