select
    currency,
    min(rate_date) as first_rate_date
from {{ ref("stg_billing__exchange_rates") }}
group by currency
