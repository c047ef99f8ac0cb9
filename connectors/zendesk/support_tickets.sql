with replies as (
    select asked.id as ticket_id, min(as_time(comments.created_at)) as replied_at
    from asked
    inner join used.ticket_comments as comments
        on comments.ticket_id = asked.id and as_yes(comments.is_public)
        and as_time(comments.created_at) > as_time(asked.created_at)
    inner join used.users as people on people.id = comments.user_id
    inner join roles on roles.role = lower(people.role)
    group by asked.id
)

select
    asked.id as ticket_id,
    asked.customer_id,
    as_time(asked.created_at) as opened_at,
    coalesce(
        replies.replied_at, as_time(asked.created_at) + to_minutes(try_cast(metrics.reply_minutes as integer))
    ) as first_response_at,
    coalesce(turns.closed_at, case when asked.is_done then coalesce(as_time(metrics.solved_at), as_time(asked.updated_at)) end)
        as closed_at,
    turns.reopened_at,
    lower(asked.priority) as priority,
    asked.category,
    asked.agent,
    asked.subject,
    asked.body
from asked
left join replies on replies.ticket_id = asked.id
left join turns on turns.ticket_id = asked.id
left join used.ticket_metrics as metrics on metrics.ticket_id = asked.id
