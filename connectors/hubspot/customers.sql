-- of several companies with one id the oldest
select
    known_as as customer_id,
    as_time(created) as created_at,
    country,
    segment as customer_segment,
    industry,
    lower(source) as acquisition_channel,
    coalesce(nullif(owner, ''), owner_id) as owner
from accounts
qualify row_number() over (partition by known_as order by as_time(created), id) = 1
