select
    -- ids
    response_id,
    customer_id,
    -- times
    sent_at,
    responded_at,
    loaded_at,
    -- numbers
    score,
    weight,
    -- text
    survey_type,
    comment,
    touchpoint,
    agent,
    subject
from {{ ref("base_surveys__survey_responses") }}
where row_status = 'accepted'
