select count(*) || ' tickets are of customers without an external_id: they have an id that only Zendesk knows' as says
from asked where known_as is null having count(*) > 0
union all
select count(*) || ' tickets are solved, and neither ticket_field_history nor ticket_metrics says when: their last change '
    || 'stands for it'
from support_tickets
inner join asked on asked.id = support_tickets.ticket_id and asked.is_done
left join turns on turns.ticket_id = asked.id
left join used.ticket_metrics as metrics on metrics.ticket_id = asked.id
where turns.closed_at is null and metrics.solved_at is null having count(*) > 0
union all
select 'no ticket has a first reply: ticket_comments and users would say it, or ticket_metrics'
from support_tickets having count(*) > 0 and count(first_response_at) = 0
