with latest as (
    {{ latest_versions("plans", ref("base_billing__plans")) }}
)

select
    -- ids
    plan_id,
    -- times
    loaded_at,
    -- text
    plan_name,
    plan_tier
from latest
