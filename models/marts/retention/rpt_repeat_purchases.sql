with order_days as (
    select
        order_days.*,
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        -- stands for its customer: one row of each customer and period
        coalesce(order_days.next_ordered_on >= calendar.period_end, true) as is_last
    from {{ ref("int_order_days") }} as order_days
    inner join {{ ref("int_calendar_periods") }} as calendar
        on order_days.ordered_on = calendar.date_day
),

counted as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        {%- for segment in attribute_segments() %}
        {{ segment }},
        {%- endfor %}
        sum(orders) as orders,
        count(case when is_last then 1 end) as buying_customers,
        count(case when is_last and orders_so_far >= 2 then 1 end) as repeat_customers
    from order_days
    group by period_grain, period_start, period_end, is_complete_period, {{ attribute_segments() | join(", ") }}
),

by_segment as (
    {{ in_segments("counted", plan=false) }}
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        reported_value as segment_value,
        cast(sum(orders) as bigint) as orders,
        cast(sum(buying_customers) as bigint) as buying_customers,
        cast(sum(repeat_customers) as bigint) as repeat_customers
    from ({{ as_reported("by_segment") }}) as reported
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
        orders,
        buying_customers,
        repeat_customers,
        {{ ratio("repeat_customers", "buying_customers") }} as repeat_purchase_rate,
        {{ wilson("repeat_customers", "buying_customers", "lower") }} as repeat_purchase_rate_lower,
        {{ wilson("repeat_customers", "buying_customers", "upper") }} as repeat_purchase_rate_upper
    from sums
)

select * from final
