{#- Whether every ticket that was open was closed, and not opened again. -#}
with tickets as (
    select
        customer_id,
        opened_at,
        closed_at,
        case when reopened_at >= closed_at then reopened_at end as reopened_at
    from {{ ref("stg_support__support_tickets") }}
)

select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    min(
        case when tickets.closed_at <= moments.until_at and coalesce(tickets.reopened_at > moments.until_at, true) then 1 else 0 end
    ) as value
from {{ ref("int_play_moments") }} as moments
inner join tickets
    on
        moments.customer_id = tickets.customer_id
        and moments.moment_at >= tickets.opened_at
        and coalesce(moments.moment_at < tickets.closed_at, true)
where moments.measure = 'resolved' and moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
