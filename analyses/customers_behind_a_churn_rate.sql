-- From a churn rate to its customers: who is in the numerator of one period and segment, and why each was lost.
-- Change the three lines under `asked` to the row of rpt_churn_rates in question; the count is its customers_churned.
with asked as (
    select
        'month' as period_grain,
        cast('2025-06-01' as date) as period_start,
        'smb' as customer_segment
)

select
    movements.customer_id,
    movements.mrr_start,
    churn_events.churned_at,
    churn_events.churn_type,
    churn_events.classification_rule,
    churn_events.reason_code,
    churn_events.tenure_days,
    churn_events.returned_at
from {{ ref("fct_customer_movements") }} as movements
inner join asked
    on
        movements.period_grain = asked.period_grain
        and movements.period_start = asked.period_start
        and movements.customer_segment = asked.customer_segment
inner join {{ ref("fct_churn_events") }} as churn_events
    on movements.customer_id = churn_events.customer_id
inner join {{ ref("int_churn_events") }} as days
    on
        churn_events.customer_id = days.customer_id
        and churn_events.churned_at = days.churned_at
        and movements.period_start <= days.churned_on
        and movements.period_end > days.churned_on
where movements.movement_type = 'churn'
order by movements.mrr_start desc, movements.customer_id asc, churn_events.churned_at asc
