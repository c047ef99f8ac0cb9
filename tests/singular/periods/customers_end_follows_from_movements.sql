-- What: customers_end = start + new + reactivated - churned + moved in - moved out, and the start of a period is the end
--       of the one before, in every period, grain and segment of the published report.
-- When it fails: rpt_churn_rates no longer says what fct_segment_periods counted. Compare the two for the row returned.
with periods as (
    select
        *,
        lag(customers_end) over (
            partition by period_grain, segment_type, segment_value
            order by period_start
        ) as previous_end,
        lag(period_end) over (
            partition by period_grain, segment_type, segment_value
            order by period_start
        ) as previous_period_end
    from {{ ref("rpt_churn_rates") }}
)

select *
from periods
where
    customers_end
    <> customers_start + customers_new + customers_reactivated - customers_churned + customers_moved_in - customers_moved_out
    or customers_start <> coalesce(previous_end, 0)
    -- a gap: the period before this one is missing
    or period_start <> coalesce(previous_period_end, period_start)
    or customers_churned <> customers_churned_voluntary + customers_churned_involuntary + customers_churned_unknown
    or customers_end < 0
