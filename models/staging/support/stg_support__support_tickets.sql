select
    -- ids
    ticket_id,
    customer_id,
    -- times
    opened_at,
    first_response_at,
    closed_at,
    reopened_at,
    loaded_at,
    -- text
    priority,
    category,
    agent,
    subject,
    body
from {{ ref("base_support__support_tickets") }}
where row_status = 'accepted'
