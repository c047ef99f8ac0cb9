{#- The latest answers of a scored customer at the end of the day, while they are not too old to say something of it. -#}
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

scored as (
    select
        customers.customer_id,
        customers.scored_on,
        cast({{ dbt.dateadd("day", "-cast(latest.value as integer)", "customers.scored_on") }} as date) as too_old_on
    from {{ ref("int_scored_customers") }} as customers
    inner join {{ ref("thresholds") }} as latest
        on latest.threshold = 'latest_answer_days'
)

select
    scored.customer_id,
    scored.scored_on,
    max(case when answers.survey_type = 'nps' then answers.score end) as nps_score,
    max(case when answers.survey_type = 'csat' then answers.score end) as csat_score
from scored
inner join answers
    on
        scored.customer_id = answers.customer_id
        and scored.scored_on >= answers.responded_on
        and scored.too_old_on < answers.responded_on
        and coalesce(scored.scored_on < answers.next_responded_on, true)
group by scored.customer_id, scored.scored_on
