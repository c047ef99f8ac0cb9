{#- One row per answered survey about the own business, as seen at as_of, and whether it is an unhappy one. -#}
{%- set scales = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)} -%}

with topics as (
    select
        response_id,
        topic,
        sum(complaints) over (partition by response_id) > sum(praises) over (partition by response_id) as is_negative,
        -- an unhappy answer is one task, of what it complains of most
        row_number() over (partition by response_id order by complaints - praises desc, topic) as place
    from {{ ref("int_response_topics") }}
)

select
    answers.response_id,
    answers.customer_id,
    answers.survey_type,
    {{ touchpoint_type("answers.touchpoint") }} as touchpoint_type,
    answers.agent,
    coalesce(answers.sent_at, answers.responded_at) as sent_at,
    answers.responded_at,
    {{ reporting_date("answers.responded_at") }} as responded_on,
    cast(answers.score as integer) as score,
    cast(
        case answers.survey_type
            {%- for survey_type, (least, most) in scales.items() %}
            when '{{ survey_type }}' then (answers.score - {{ least }}) * 10.0 / {{ most - least }}
            {%- endfor %}
        end as decimal(18, 6)
    ) as points,
    coalesce(answers.score <= low.value, false) as is_low_score,
    coalesce(topics.is_negative, false) as is_negative_comment,
    topics.topic
from {{ ref("stg_surveys__survey_responses") }} as answers
inner join {{ ref("int_report_moment") }} as moment
    on answers.responded_at <= moment.as_of
inner join {{ ref("thresholds") }} as low
    on low.threshold = 'low_' || answers.survey_type || '_score'
left join topics
    on answers.response_id = topics.response_id and topics.place = 1
where answers.subject is null
