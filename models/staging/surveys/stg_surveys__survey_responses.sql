with latest as (
    {{ latest_versions("survey_responses", ref("base_surveys__survey_responses")) }}
)

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
from latest
