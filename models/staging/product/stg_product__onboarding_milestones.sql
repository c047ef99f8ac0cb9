select
    -- ids
    customer_id,
    milestone,
    -- times
    due_at,
    reached_at,
    loaded_at
from {{ ref("base_product__onboarding_milestones") }}
where row_status = 'accepted'
