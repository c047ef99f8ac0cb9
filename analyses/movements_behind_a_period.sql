-- From a row of rpt_churn_rates or rpt_mrr_movements to its movements: every customer that made the end of the period
-- another than its start, and by how much. Of the last complete month and all customers, or of another row, by the vars
-- that begin with asked_. By movement_type the rows and sums are the columns of those tables (a plan has those who were
-- on it at the start or the end: who left and expanded counts by plan_id_start, who arrived by plan_id_end).
with asked as (
    {{ asked_period() }}
)

select
    movements.movement_type,
    movements.customer_id,
    movements.plan_id_start,
    movements.plan_id_end,
    movements.mrr_start,
    movements.mrr_end,
    movements.mrr_end - movements.mrr_start as mrr_moved,
    movements.churn_type,
    movements.reason_code
from {{ ref("fct_customer_movements") }} as movements
inner join asked
    on
        movements.period_grain = asked.period_grain
        and movements.period_start = asked.period_start
inner join {{ ref("int_customers") }} as customers
    on movements.customer_id = customers.customer_id
where {{ is_in_asked_segment("customers", plan="movements.plan_id_start, movements.plan_id_end") }}
order by movements.movement_type asc, movements.mrr_end - movements.mrr_start asc, movements.customer_id asc
