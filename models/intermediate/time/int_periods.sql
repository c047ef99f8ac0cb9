select distinct
    periods.period_grain,
    periods.period_start,
    periods.period_end,
    periods.is_complete_period,
    moment.lifecycle
from {{ ref("int_calendar_periods") }} as periods
cross join {{ ref("int_report_moment") }} as moment
