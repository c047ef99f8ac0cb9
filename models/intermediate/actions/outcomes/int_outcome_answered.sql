{#- Whether who was a customer answered a survey. -#}
select
    states.customer_id,
    states.metric,
    states.moment_at,
    max(case when answers.responded_at is not null then 1 else 0 end) as value
from {{ ref("int_play_states") }} as states
left join {{ ref("int_survey_answers") }} as answers
    on
        states.customer_id = answers.customer_id
        and states.moment_at < answers.responded_at
        and states.until_at >= answers.responded_at
where states.measure = 'answered' and states.was_active
group by states.customer_id, states.metric, states.moment_at
