{#- A ticket has been open for more than so many days: since it was opened, or opened again after it had been closed. -#}
with open_times as (
    select
        customer_id,
        opened_at,
        closed_at
    from {{ ref("stg_support__support_tickets") }}
    union all
    select
        customer_id,
        reopened_at as opened_at,
        cast(null as timestamp) as closed_at
    from {{ ref("stg_support__support_tickets") }}
    where reopened_at >= closed_at
)

select
    plays.trigger_code,
    open_times.customer_id,
    {{ days_later("open_times.opened_at", "plays.threshold") }} as began_at,
    open_times.closed_at as ended_at,
    {{ as_double("plays.threshold") }} as value
from open_times
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'ticket_open'
where coalesce(open_times.closed_at > {{ days_later("open_times.opened_at", "plays.threshold") }}, true)
