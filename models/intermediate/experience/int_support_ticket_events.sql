{#-
    One row per thing that happened to a ticket by as_of, with what it changes in the number of open tickets, and of those
    that have been open for long. A time before the opening counts as the opening.
-#}
{#- what happened, when, what its hours are counted from, the change of open and of old tickets, and where it happened -#}
{%- set events = [
    ("opened", "opened_at", "null", "1", "0", "true"),
    ("responded", "first_response_at", "opened_at", "0", "0", "first_response_at is not null"),
    ("closed", "closed_at", "opened_at", "-1", "case when old_at < closed_at then -1 else 0 end", "closed_at is not null"),
    ("reopened", "reopened_at", "null", "case when is_open_again then 1 else 0 end", "0", "reopened_at is not null"),
    ("became_old", "old_at", "null", "0", "1", "old_at <= as_of and coalesce(old_at < closed_at, true)"),
    ("became_old", "old_again_at", "null", "0", "1", "is_open_again and old_again_at <= as_of"),
] -%}

with tickets as (
    select
        tickets.ticket_id,
        tickets.customer_id,
        tickets.agent,
        tickets.category,
        tickets.priority,
        tickets.opened_at,
        case when tickets.first_response_at <= moment.as_of then greatest(tickets.first_response_at, tickets.opened_at) end
            as first_response_at,
        case when tickets.closed_at <= moment.as_of then greatest(tickets.closed_at, tickets.opened_at) end as closed_at,
        case when tickets.reopened_at <= moment.as_of then greatest(tickets.reopened_at, tickets.opened_at) end as reopened_at,
        lag(tickets.opened_at) over (
            partition by tickets.customer_id
            order by tickets.opened_at, tickets.ticket_id
        ) as previous_opened_at,
        moment.as_of
    from {{ ref("stg_support__support_tickets") }} as tickets
    inner join {{ ref("int_report_moment") }} as moment
        on tickets.opened_at <= moment.as_of
),

aged as (
    select
        tickets.*,
        coalesce(tickets.opened_at <= {{ days_later("tickets.previous_opened_at", "window_days.value") }}, false) as is_repeat,
        -- one that was closed again after was closed before too, and nobody knows when: it counts as open in between
        coalesce(tickets.reopened_at >= tickets.closed_at, false) as is_open_again,
        {{ days_later("tickets.opened_at", "age.value") }} as old_at,
        {{ days_later("tickets.reopened_at", "age.value") }} as old_again_at
    from tickets
    inner join {{ ref("thresholds") }} as window_days
        on window_days.threshold = 'repeat_ticket_days'
    inner join {{ ref("thresholds") }} as age
        on age.threshold = 'old_ticket_days'
),

events as (
    {%- for event, at, counted_from, backlog_change, old_backlog_change, condition in events %}
    select
        aged.*,
        '{{ event }}' as event,
        {{ at }} as happened_at,
        cast({{ counted_from }} as timestamp) as counted_from,
        {{ backlog_change }} as backlog_change,
        {{ old_backlog_change }} as old_backlog_change
    from aged
    where {{ condition }}
    {{- " union all" if not loop.last }}
    {%- endfor %}
)

select
    events.ticket_id,
    events.customer_id,
    events.event,
    events.happened_at,
    {{ reporting_date("events.happened_at") }} as happened_on,
    {{ as_double(seconds_between("events.counted_from", "events.happened_at")) }} / 3600 as hours,
    events.is_repeat,
    events.reopened_at is not null as is_reopened,
    events.backlog_change,
    events.old_backlog_change,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    events.agent,
    events.category,
    events.priority
from events
inner join {{ ref("int_customers") }} as customers
    on events.customer_id = customers.customer_id
