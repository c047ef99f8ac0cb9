-- Who asked: a customer of the business, by the id that it has there, and who answered.
select
    tickets.*,
    coalesce(organizations.external_id, users.external_id) as known_as,
    coalesce(known_as, organizations.id, tickets.organization_id, tickets.requester_id) as customer_id,
    coalesce(agents.name, tickets.assignee_id) as agent,
    coalesce(statuses.is_done, false) as is_done
from used.tickets as tickets
left join used.users as users on users.id = tickets.requester_id
left join used.organizations as organizations on organizations.id = coalesce(tickets.organization_id, users.organization_id)
left join used.users as agents on agents.id = tickets.assignee_id
left join statuses on statuses.status = lower(tickets.status)
