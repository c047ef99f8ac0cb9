-- What: all cohorts together, each at the age that ends with a period, are the customers and the MRR of that period's end.
-- When it fails: rpt_cohort_retention lost or doubled a customer's change. Compare its cohorts at the ages of the period
--                returned with dim_customers.
with periods as (
    select
        *,
        row_number() over (partition by period_grain order by period_start) as period_index
    from {{ ref("int_periods") }}
),

cohorts as (
    select
        periods.period_grain,
        periods.period_index + cohorts.period_number as period_index,
        sum(cohorts.customers_active) as customers_active,
        sum(cohorts.mrr_active) as mrr_active
    from {{ ref("rpt_cohort_retention") }} as cohorts
    inner join periods
        on cohorts.cohort_grain = periods.period_grain and cohorts.cohort_start = periods.period_start
    where cohorts.segment_type = 'all'
    group by periods.period_grain, periods.period_index + cohorts.period_number
)

select
    segments.*,
    cohorts.customers_active,
    cohorts.mrr_active
from {{ ref("fct_segment_periods") }} as segments
inner join periods
    on segments.period_grain = periods.period_grain and segments.period_start = periods.period_start
left join cohorts
    on periods.period_grain = cohorts.period_grain and periods.period_index = cohorts.period_index
where
    segments.segment_type = 'all'
    and segments.is_complete_period
    and segments.period_grain in ('month', 'quarter')
    and (
        segments.customers_end <> coalesce(cohorts.customers_active, 0)
        or segments.mrr_end <> coalesce(cohorts.mrr_active, 0)
    )
