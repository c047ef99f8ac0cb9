with latest as (
    {{ latest_versions("targets", ref("base_planning__targets")) }}
)

select
    -- ids
    metric,
    period_grain,
    -- times
    period_start,
    loaded_at,
    -- numbers
    target
from latest
