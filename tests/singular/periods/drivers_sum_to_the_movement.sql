-- What: what moved a customer's MRR sums to how far it moved. Subscriptions that began or ended are counted here from
--       their states, not from what the others leave over, so this holds only if every change was found once.
-- When it fails: int_mrr_change_drivers lost or doubled a change of the customer and period returned.
with began_or_ended as (
    select
        states.customer_id,
        calendar.period_grain,
        calendar.period_start,
        sum(states.mrr - states.previous_mrr) as mrr_change
    from {{ ref("int_subscription_states") }} as states
    inner join {{ ref("int_calendar_periods") }} as calendar
        on {{ reporting_date("states.valid_from") }} = calendar.date_day
    where states.is_active <> states.was_active
    group by states.customer_id, calendar.period_grain, calendar.period_start
)

select
    movements.*,
    began_or_ended.mrr_change
from {{ ref("fct_customer_movements") }} as movements
left join began_or_ended
    on
        movements.customer_id = began_or_ended.customer_id
        and movements.period_grain = began_or_ended.period_grain
        and movements.period_start = began_or_ended.period_start
where
    movements.movement_type in ('expansion', 'contraction')
    and (
        movements.mrr_subscription <> coalesce(began_or_ended.mrr_change, 0)
        or movements.mrr_plan + movements.mrr_interval + movements.mrr_quantity + movements.mrr_price + movements.mrr_exchange_rate
        + movements.mrr_pause + movements.mrr_subscription <> movements.mrr_end - movements.mrr_start
    )
