{#- The latest answers of a customer at the end of each day of scoring, while they are not too old to say something of it. -#}
with answers as (
    select
        customer_id,
        survey_type,
        score,
        responded_on,
        lead(responded_on) over (
            partition by customer_id, survey_type
            order by responded_at, response_id
        ) as next_responded_on
    from {{ ref("int_survey_answers") }}
    where survey_type in ('nps', 'csat') and score is not null and customer_id is not null
),

dates as (
    select
        score_dates.scored_on,
        cast({{ dbt.dateadd("day", "-cast(latest.value as integer)", "score_dates.scored_on") }} as date) as too_old_on
    from {{ ref("int_score_dates") }} as score_dates
    inner join {{ ref("thresholds") }} as latest
        on latest.threshold = 'latest_answer_days'
)

select
    answers.customer_id,
    dates.scored_on,
    max(case when answers.survey_type = 'nps' then answers.score end) as nps_score,
    max(case when answers.survey_type = 'csat' then answers.score end) as csat_score
from answers
inner join dates
    on
        answers.responded_on <= dates.scored_on
        and answers.responded_on > dates.too_old_on
        and coalesce(answers.next_responded_on > dates.scored_on, true)
group by answers.customer_id, dates.scored_on
