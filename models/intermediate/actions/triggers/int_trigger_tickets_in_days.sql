{#-
    A customer opened so many tickets within so many days, until none of the further ones is such a one for as many days. A
    ticket counts from its opening until so many days later, and is the last of so many when that many count.
-#}
with tickets as (
    select
        plays.trigger_code,
        plays.threshold,
        tickets.customer_id,
        tickets.opened_at,
        {{ days_later("tickets.opened_at", "plays.within_days") }} as counts_until
    from {{ ref("stg_support__support_tickets") }} as tickets
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'tickets_in_days'
),

changes as (
    select
        tickets.*,
        tickets.opened_at as happened_at,
        1 as change,
        1 as place
    from tickets
    union all
    -- a ticket on the last instant of another one's days comes before it stops to count
    select
        tickets.*,
        tickets.counts_until as happened_at,
        -1 as change,
        2 as place
    from tickets
),

running as (
    select
        *,
        sum(change) over (
            partition by trigger_code, customer_id order by happened_at, place rows unbounded preceding
        ) as tickets
    from changes
)

select
    trigger_code,
    customer_id,
    opened_at as began_at,
    counts_until as ended_at,
    {{ as_double("tickets") }} as value
from running
where place = 1 and tickets >= threshold
