with latest as (
    {{ latest_versions("acquisition_costs", ref("base_marketing__acquisition_costs")) }}
)

select
    -- ids
    acquisition_channel,
    -- times
    month,
    loaded_at,
    -- numbers
    cost,
    -- text
    currency
from latest
