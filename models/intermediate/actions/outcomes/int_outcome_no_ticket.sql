{#- Whether who was a customer opened no ticket, once tickets are recorded at all. -#}
with recorded as (
    select min(opened_at) as since_at from {{ ref("stg_support__support_tickets") }}
)

select
    states.customer_id,
    states.metric,
    states.moment_at,
    min(case when tickets.ticket_id is null then 1 else 0 end) as value
from {{ ref("int_play_states") }} as states
inner join recorded
    on states.moment_at >= recorded.since_at
left join {{ ref("stg_support__support_tickets") }} as tickets
    on
        states.customer_id = tickets.customer_id
        and states.moment_at < tickets.opened_at
        and states.until_at >= tickets.opened_at
where states.measure = 'no_ticket' and states.was_active
group by states.customer_id, states.metric, states.moment_at
