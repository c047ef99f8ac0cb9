-- From a churn or retention rate to its denominator: who was a customer at the start of the period, on which plan and
-- with which MRR. Of the last complete month and all customers, or of another row of rpt_churn_rates, by the vars that
-- begin with asked_. The count is its customers_start, the sum of mrr_start that of rpt_mrr_movements. Those of them
-- who were lost are in customers_behind_a_churn_rate.
with asked as (
    {{ asked_period() }}
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
inner join {{ ref("int_customers") }} as customers
    on states.customer_id = customers.customer_id
cross join asked
where
    states.is_active
    and states.changed_on < asked.period_start
    and coalesce(states.next_changed_on >= asked.period_start, true)
    and {{ is_in_asked_segment("customers", plan=segment_value("states.plan_id")) }}
order by states.mrr desc, states.customer_id asc
