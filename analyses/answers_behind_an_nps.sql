-- From an NPS to its answers: of each customer the latest one of the period, which alone counts (anonymous ones each
-- do). Of the last complete month and all customers, or of another row of rpt_nps, by the vars that begin with asked_.
-- The rows by band are its promoters, passives and detractors. What they wrote is in fct_survey_responses by
-- response_id.
with asked as (
    {{ asked_period() }}
),

answers as (
    select
        surveys.*,
        row_number() over (
            partition by
                surveys.customer_id,
                case when surveys.customer_id is null then surveys.response_id end
            order by surveys.responded_at desc, surveys.response_id desc
        ) as answer_rank
    from {{ ref("int_surveys") }} as surveys
    inner join asked
        on surveys.responded_on >= asked.period_start and surveys.responded_on < asked.period_end
    where
        surveys.survey_type = 'nps'
        and surveys.subject is null
        and surveys.touchpoint_type = '{{ var("asked_touchpoint_type") }}'
)

select
    {{ survey_band("score") }} as band,
    customer_id,
    response_id,
    responded_at,
    weight,
    plan,
    country
from answers
where answer_rank = 1 and {{ is_in_asked_segment("answers", plan="answers.plan") }}
order by band, customer_id, response_id
