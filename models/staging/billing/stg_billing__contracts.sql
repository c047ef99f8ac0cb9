select
    -- ids
    contract_id,
    customer_id,
    subscription_id,
    -- times
    starts_on,
    ends_on,
    signed_on,
    loaded_at,
    -- numbers
    value,
    -- flags
    auto_renews,
    -- text
    currency,
    action_at_end
from {{ ref("base_billing__contracts") }}
where row_status = 'accepted'
