select
    -- times
    rate_date,
    loaded_at,
    -- numbers
    rate_to_reporting,
    -- text
    currency
from {{ ref("base_billing__exchange_rates") }}
where row_status = 'accepted'
