-- From a churn rate to its customers: who is in the numerator of one period and segment, and why each was lost. Of the
-- last complete month and all customers, or of another row of rpt_churn_rates, by the vars that begin with asked_. The
-- count is its customers_churned.
with asked as (
    {{ asked_period() }}
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
inner join {{ ref("int_customers") }} as customers
    on movements.customer_id = customers.customer_id
inner join {{ ref("fct_churn_events") }} as churn_events
    on movements.customer_id = churn_events.customer_id
inner join {{ ref("int_churn_events") }} as days
    on
        churn_events.customer_id = days.customer_id
        and churn_events.churned_at = days.churned_at
        and movements.period_start <= days.churned_on
        and movements.period_end > days.churned_on
where movements.movement_type = 'churn' and {{ is_in_asked_segment("customers", plan="movements.plan_id_start") }}
order by movements.mrr_start desc, movements.customer_id asc, churn_events.churned_at asc
