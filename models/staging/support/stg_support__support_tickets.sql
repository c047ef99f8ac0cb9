with latest as (
    {{ latest_versions("support_tickets", ref("base_support__support_tickets")) }}
)

select
    -- ids
    ticket_id,
    customer_id,
    -- times
    opened_at,
    first_response_at,
    closed_at,
    loaded_at,
    -- text
    priority,
    category,
    agent
from latest
