select
    customer_id,
    min(coalesce(as_time(first_seen_time), begins)) as created_at,
    max_by(upper(country), begins) as country
from terms group by customer_id
