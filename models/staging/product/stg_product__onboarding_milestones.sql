with latest as (
    {{ latest_versions("onboarding_milestones", ref("base_product__onboarding_milestones")) }}
)

select
    -- ids
    customer_id,
    milestone,
    -- times
    due_at,
    reached_at,
    loaded_at
from latest
