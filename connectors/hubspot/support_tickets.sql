select
    tickets.id as ticket_id,
    min_by(accounts.known_as, accounts.id) as customer_id,
    as_time(any_value(tickets.created)) as opened_at,
    as_time(any_value(tickets.replied)) as first_response_at,
    -- one that was opened again keeps its old closing
    case
        when any_value(coalesce(as_yes(stages.is_closed), upper(stages.state) <> 'OPEN', true))
            then as_time(any_value(tickets.closed))
    end as closed_at,
    lower(any_value(tickets.priority)) as priority,
    lower(any_value(tickets.category)) as category,
    any_value(coalesce(nullif(concat_ws(' ', owners.first_name, owners.last_name), ''), tickets.owner_id)) as agent,
    any_value(tickets.subject) as subject,
    any_value(tickets.body) as body
from used.tickets as tickets
left join used.ticket_companies as links on links.ticket_id = tickets.id
inner join accounts on accounts.id in (tickets.company_id, links.company_id)
left join used.ticket_stages as stages on stages.id = tickets.stage_id
left join used.owners as owners on owners.id = tickets.owner_id
group by tickets.id
