{#- One row per unhappy answer of a known customer, a low score or a negative comment, with the first contact after it. -#}
with unhappy as (
    select * from {{ ref("int_survey_answers") }}
    where customer_id is not null and (is_low_score or is_negative_comment)
),

contacts as (
    select
        unhappy.response_id,
        contacts.contacted_at,
        contacts.campaign,
        contacts.channel,
        row_number() over (
            partition by unhappy.response_id
            order by contacts.contacted_at, contacts.contact_id
        ) as place
    from unhappy
    inner join {{ ref("int_contacts") }} as contacts
        on
            unhappy.customer_id = contacts.customer_id
            and unhappy.responded_at < contacts.contacted_at
            and not contacts.is_control
)

select
    unhappy.response_id,
    unhappy.customer_id,
    unhappy.survey_type,
    unhappy.touchpoint_type,
    unhappy.responded_at,
    unhappy.responded_on,
    unhappy.score,
    unhappy.points,
    unhappy.is_low_score,
    unhappy.is_negative_comment,
    unhappy.topic,
    contacts.contacted_at,
    {{ reporting_date("contacts.contacted_at") }} as contacted_on,
    contacts.campaign,
    contacts.channel
from unhappy
left join contacts
    on unhappy.response_id = contacts.response_id and contacts.place = 1
