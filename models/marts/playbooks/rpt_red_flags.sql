with red_flags as (
    {%- for grain in period_grains() %}
    select
        '{{ grain }}' as period_grain,
        flag_code,
        metric,
        operator,
        threshold
    from {{ ref("red_flags") }}
    where grain in ('all', '{{ grain }}')
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

flags as (
    {{ metric_values("red_flags", about=["period_grain"], columns=["flag_code", "metric", "operator", "threshold"]) }}
),

judged as (
    select
        *,
        case
            when not is_complete_period or value is null then null
            {%- for operator, holds in comparisons("value", "threshold").items() %}
            when operator = '{{ operator }}' and {{ holds }} then 'raised'
            {%- endfor %}
            else 'clear'
        end as verdict,
        case
            when not is_complete_period then 'incomplete_period'
            when value is null then null_reason
        end as no_verdict_reason
    from flags
),

final as (
    select
        judged.period_grain,
        judged.period_start,
        judged.period_end,
        judged.is_complete_period,
        judged.segment_type,
        judged.segment_value,
        judged.flag_code,
        judged.metric,
        -- a segment may answer, order or pay without a customer in it
        coalesce(periods.customers_start, 0) as customers_start,
        judged.value,
        {{ as_double("judged.threshold") }} as threshold,
        judged.verdict,
        judged.no_verdict_reason
    from judged
    left join {{ ref("fct_segment_periods") }} as periods
        on
            judged.period_grain = periods.period_grain
            and judged.period_start = periods.period_start
            and judged.segment_type = periods.segment_type
            and judged.segment_value = periods.segment_value
    where judged.period_grain not in ('{{ fine_grains() | join("', '") }}') or judged.verdict = 'raised'
)

select * from final
