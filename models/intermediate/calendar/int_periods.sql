select distinct
    period_grain,
    period_start,
    period_end,
    is_complete_period
from {{ ref("int_calendar_periods") }}
