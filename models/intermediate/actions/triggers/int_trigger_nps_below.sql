{#- The latest NPS answer is below a score, until the next answer, or for so long. -#}
with answers as (
    select
        customer_id,
        responded_at,
        score,
        lead(responded_at) over (partition by customer_id order by responded_at, response_id) as next_responded_at
    from {{ ref("int_survey_answers") }}
    where survey_type = 'nps' and customer_id is not null and score is not null
)

select
    plays.trigger_code,
    answers.customer_id,
    answers.responded_at as began_at,
    least(answers.next_responded_at, {{ days_later("answers.responded_at", "plays.within_days") }}) as ended_at,
    {{ as_double("answers.score") }} as value
from answers
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'nps_below' and answers.score < plays.threshold
