{#-
    One row per CSAT or CES answer that names an agent. A survey does not say which ticket it is about: it is taken to be
    the last one that the agent closed for the customer before it was sent.
-#}
with ratings as (
    select * from {{ ref("int_survey_answers") }}
    where survey_type in ('csat', 'ces') and agent is not null and score is not null
),

closed as (
    select
        ratings.response_id,
        tickets.category,
        tickets.priority,
        row_number() over (
            partition by ratings.response_id
            order by tickets.closed_at desc, tickets.ticket_id desc
        ) as place
    from ratings
    inner join {{ ref("stg_support__support_tickets") }} as tickets
        on
            ratings.customer_id = tickets.customer_id
            and ratings.agent = tickets.agent
            and ratings.sent_at >= tickets.closed_at
    inner join {{ ref("thresholds") }} as window_days
        on
            window_days.threshold = 'ticket_survey_days'
            and ratings.sent_at <= {{ days_later("tickets.closed_at", "window_days.value") }}
)

select
    ratings.response_id,
    ratings.responded_on as happened_on,
    ratings.survey_type,
    ratings.score,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    ratings.agent,
    closed.category,
    closed.priority
from ratings
left join closed
    on ratings.response_id = closed.response_id and closed.place = 1
left join {{ ref("int_customers") }} as customers
    on ratings.customer_id = customers.customer_id
