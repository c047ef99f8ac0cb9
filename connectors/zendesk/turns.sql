-- When a ticket was last solved, and last opened again. To close what is solved is neither.
with changes as (
    select
        history.ticket_id,
        as_time(history.updated) as changed_at,
        coalesce(statuses.is_done, false) as is_done,
        lag(coalesce(statuses.is_done, false), 1, false) over in_time as was_done
    from used.ticket_field_history as history
    left join statuses on statuses.status = lower(history.value)
    window in_time as (partition by history.ticket_id order by as_time(history.updated), history.value)
)

select
    ticket_id,
    max(case when is_done and not was_done then changed_at end) as closed_at,
    max(case when was_done and not is_done then changed_at end) as reopened_at
from changes
group by ticket_id
