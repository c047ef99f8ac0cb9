with order_days as (
    {{ in_segments(ref("int_order_days"), plan=false) }}
),

buying_customers as (
    select
        calendar.period_grain,
        calendar.period_start,
        calendar.period_end,
        calendar.is_complete_period,
        order_days.segment_type,
        order_days.segment_value,
        order_days.customer_id,
        sum(order_days.orders) as orders,
        max(order_days.orders_so_far) as orders_so_far
    from order_days
    inner join {{ ref("int_calendar_periods") }} as calendar
        on order_days.ordered_on = calendar.date_day
    group by
        calendar.period_grain, calendar.period_start, calendar.period_end, calendar.is_complete_period,
        order_days.segment_type, order_days.segment_value, order_days.customer_id
),

sums as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        segment_type,
        segment_value,
        cast(sum(orders) as bigint) as orders,
        count(*) as buying_customers,
        count(case when orders_so_far >= 2 then 1 end) as repeat_customers
    from buying_customers
    group by period_grain, period_start, period_end, is_complete_period, segment_type, segment_value
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
