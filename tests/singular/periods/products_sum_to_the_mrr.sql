-- What: MRR of all products is that of rpt_mrr_movements at both ends of a period, so what moved in between is too, and
--       what goes from one product to another comes to nothing.
-- When it fails: a subscription has no product in the period returned, or two.
with products as (
    select
        period_grain,
        period_start,
        sum(mrr_start) as mrr_start,
        sum(mrr_end) as mrr_end,
        sum(mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn) as mrr_moved,
        sum(mrr_switch_in + mrr_switch_out) as mrr_switched,
        sum(subscriptions_switched_in - subscriptions_switched_out) as subscriptions_switched,
        sum(subscriptions_end) as subscriptions_end
    from {{ ref("rpt_product_movements") }}
    group by period_grain, period_start
)

select
    money.period_grain,
    money.period_start,
    money.mrr_end,
    products.mrr_end as mrr_end_of_products
from {{ ref("rpt_mrr_movements") }} as money
inner join {{ ref("rpt_subscription_churn_rates") }} as rates
    on
        money.period_grain = rates.period_grain
        and money.period_start = rates.period_start
        and rates.segment_type = 'all'
left join products
    on money.period_grain = products.period_grain and money.period_start = products.period_start
where
    money.segment_type = 'all'
    and money.period_grain not in ('{{ fine_grains() | join("', '") }}')
    and (
        products.mrr_end is null
        or products.mrr_start <> money.mrr_start
        or products.mrr_end <> money.mrr_end
        or products.mrr_moved <> money.mrr_end - money.mrr_start
        or products.mrr_switched <> 0
        or products.subscriptions_switched <> 0
        or products.subscriptions_end <> rates.subscriptions_end
    )
