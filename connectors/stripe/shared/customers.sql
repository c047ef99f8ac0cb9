-- Every customer; one that was deleted in Stripe is still one that was.
select
    id as customer_id,
    as_time(created) as created_at,
    upper(country) as country,
    email
from used.customers
