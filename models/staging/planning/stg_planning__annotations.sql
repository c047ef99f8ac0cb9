with latest as (
    {{ latest_versions("annotations", ref("base_planning__annotations")) }}
)

select
    -- ids
    label,
    -- times
    annotated_on,
    loaded_at,
    -- text
    kind
from latest
