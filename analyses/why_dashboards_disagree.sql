-- The same month by every definition of churn rate, in percent, latest complete month first: what to send to whoever
-- says that another dashboard shows another number.
select
    period_start,
    definition,
    numerator,
    denominator,
    100 * churn_rate as churn_percent
from {{ ref("rpt_churn_rate_definitions") }}
where period_grain = 'month' and is_complete_period
order by period_start desc, churn_rate asc
