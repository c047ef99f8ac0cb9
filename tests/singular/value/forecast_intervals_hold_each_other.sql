-- What: a forecast is in its 80% interval, and that is in the 95% interval.
-- When it fails: an interval is of another forecast, or was narrowed beyond the one of the lower level. See half_widths in
--                warehouse/statistics/forecast_intervals.py.
select *
from {{ ref("int_forecasts") }}
where
    lower_95 > lower_80
    or lower_80 > value
    or value > upper_80
    or upper_80 > upper_95
    or (lower_80 is null) <> (upper_95 is null)
