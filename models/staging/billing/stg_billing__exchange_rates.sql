with latest as (
    {{ latest_versions("exchange_rates", ref("base_billing__exchange_rates")) }}
)

select
    -- times
    rate_date,
    loaded_at,
    -- numbers
    rate_to_reporting,
    -- text
    currency
from latest
