-- What: customers of every engagement frequency together are the customers of the month's start, and their losses its
--       losses; no frequency has more losses than customers.
-- When it fails: rpt_churn_by_engagement counts a customer that was none at the start of the month returned, or counts it
--                in another segment than rpt_churn_rates does.
with months as (
    select
        period_start,
        segment_type,
        segment_value,
        sum(customers_start) as customers_start,
        sum(customers_churned) as customers_churned,
        max(case when customers_churned < 0 or customers_churned > customers_start then 1 else 0 end) as is_impossible
    from {{ ref("rpt_churn_by_engagement") }}
    group by period_start, segment_type, segment_value
)

select months.*
from months
left join {{ ref("rpt_churn_rates") }} as rates
    on
        months.period_start = rates.period_start
        and months.segment_type = rates.segment_type
        and months.segment_value = rates.segment_value
        and rates.period_grain = 'month'
where
    months.is_impossible = 1
    or months.customers_start <> coalesce(rates.customers_start, 0)
    or months.customers_churned <> coalesce(rates.customers_churned, 0)
