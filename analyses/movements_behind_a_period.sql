-- From a row of rpt_churn_rates or rpt_mrr_movements to its movements: every customer that made the end of the period
-- another than its start, and by how much. Change the lines under `asked`. By movement_type the rows and sums are the
-- columns of those tables (for a plan, moved customers count in two segments: filter plan_id_start or plan_id_end).
with asked as (
    select
        'month' as period_grain,
        cast('2025-06-01' as date) as period_start,
        'smb' as customer_segment
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
        and movements.customer_segment = asked.customer_segment
order by movements.movement_type asc, movements.mrr_end - movements.mrr_start asc, movements.customer_id asc
