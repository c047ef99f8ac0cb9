select
    id as customer_id,
    as_time(created_at) as created_at,
    upper(country) as country,
    channel as acquisition_channel,
    email
from used.customers
