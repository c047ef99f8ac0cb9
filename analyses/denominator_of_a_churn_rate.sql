-- From a churn or retention rate to its denominator: who was a customer at the start of the period, on which plan and with
-- which MRR. Change the lines under `asked` to the row of rpt_churn_rates in question; the count is its customers_start,
-- the sum of mrr_start that of rpt_mrr_movements. Those of them who were lost are in customers_behind_a_churn_rate.
with asked as (
    select
        cast('2025-06-01' as date) as period_start,
        'smb' as customer_segment
),

states as (
    select
        customer_id,
        changed_at,
        changed_on,
        is_active,
        plan_id,
        mrr,
        lead(changed_on) over (partition by customer_id order by changed_at) as next_changed_on
    from {{ ref("int_customer_changes") }}
)

select
    states.customer_id,
    customers.country,
    customers.industry,
    states.plan_id as plan_id_start,
    states.mrr as mrr_start,
    states.changed_at as unchanged_since
from states
inner join {{ ref("dim_customers") }} as customers
    on states.customer_id = customers.customer_id
inner join asked
    on customers.customer_segment = asked.customer_segment
where
    states.is_active
    and states.changed_on < asked.period_start
    and coalesce(states.next_changed_on >= asked.period_start, true)
order by states.mrr desc, states.customer_id asc
