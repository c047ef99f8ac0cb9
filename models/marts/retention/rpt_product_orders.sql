with final as (
    select
        sums.period_grain,
        sums.period_start,
        sums.period_end,
        sums.is_complete_period,
        sums.product,
        sums.orders,
        sums.buyers,
        sums.revenue,
        sums.refunded,
        sums.orders_refunded,
        {{ ratio("sums.orders_refunded", "sums.orders") }} as refund_rate,
        {{ wilson("sums.orders_refunded", "sums.orders", "lower") }} as refund_rate_lower,
        {{ wilson("sums.orders_refunded", "sums.orders", "upper") }} as refund_rate_upper,
        {{ ratio("sums.refunded", "sums.revenue") }} as refunded_share,
        sums.new_buyers,
        sums.new_buyers_judged,
        sums.new_buyers_returned,
        {{ ratio("sums.new_buyers_returned", "sums.new_buyers_judged") }} as return_rate,
        {{ wilson("sums.new_buyers_returned", "sums.new_buyers_judged", "lower") }} as return_rate_lower,
        {{ wilson("sums.new_buyers_returned", "sums.new_buyers_judged", "upper") }} as return_rate_upper,
        seasons.seasonal_index,
        case when sums.period_grain = 'month' then seasons.seasonal_index_note else 'not_a_month' end as seasonal_index_note
    from {{ ref("int_product_order_sums") }} as sums
    left join {{ ref("int_product_seasons") }} as seasons
        on
            sums.product = seasons.product
            -- a quarter and a year have no calendar month
            and case when sums.period_grain = 'month' then extract(month from sums.period_start) end = seasons.calendar_month
)

select * from final
