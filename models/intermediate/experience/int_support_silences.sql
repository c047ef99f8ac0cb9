{#-
    Times in which a customer who had asked support regularly no longer did: for so many times its usual gap until its last
    ticket there was none. A next ticket ends it, and changes nothing before.
-#}
with tickets as (
    select
        tickets.customer_id,
        tickets.opened_at,
        row_number() over in_time as times_before,
        min(tickets.opened_at) over (partition by tickets.customer_id) as first_opened_at,
        lead(tickets.opened_at) over in_time as next_opened_at
    from {{ ref("stg_support__support_tickets") }} as tickets
    inner join {{ ref("int_report_moment") }} as moment
        on tickets.opened_at <= moment.as_of
    window in_time as (partition by tickets.customer_id order by tickets.opened_at, tickets.ticket_id)
),

usual as (
    select
        tickets.*,
        {{ ratio(seconds_between("tickets.first_opened_at", "tickets.opened_at"), "86400 * (tickets.times_before - 1)") }}
            as usual_gap_days
    from tickets
    inner join {{ ref("thresholds") }} as often
        on often.threshold = 'regular_tickets' and tickets.times_before >= often.value
    inner join {{ ref("thresholds") }} as span
        on
            span.threshold = 'regular_ticket_days'
            and tickets.opened_at >= {{ days_later("tickets.first_opened_at", "span.value") }}
),

silent as (
    select
        usual.*,
        {{ days_later("usual.opened_at", "greatest(ceil(gaps.value * usual.usual_gap_days), least_days.value)") }} as signalled_at
    from usual
    inner join {{ ref("thresholds") }} as gaps
        on gaps.threshold = 'support_silence_gaps'
    inner join {{ ref("thresholds") }} as least_days
        on least_days.threshold = 'support_silence_least_days'
)

select
    customer_id,
    signalled_at,
    next_opened_at as ended_at,
    opened_at as since_at,
    cast(times_before as bigint) as times_before,
    usual_gap_days
from silent
where coalesce(signalled_at < next_opened_at, true)
