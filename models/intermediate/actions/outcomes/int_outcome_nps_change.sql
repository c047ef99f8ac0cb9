{#- The next NPS answer within the window less the latest one before, of the same kind: who gave two. -#}
with answers as (
    select
        customer_id,
        touchpoint_type,
        responded_at,
        score,
        lead(responded_at) over (partition by customer_id, touchpoint_type order by responded_at, response_id) as next_responded_at,
        lead(score) over (partition by customer_id, touchpoint_type order by responded_at, response_id) as next_score
    from {{ ref("int_survey_answers") }}
    where survey_type = 'nps' and score is not null and customer_id is not null
),

latest as (
    select
        moments.customer_id,
        moments.metric,
        moments.moment_at,
        answers.score,
        case when answers.next_responded_at <= moments.until_at then answers.next_score end as next_score,
        -- of the two kinds of surveys the one that was answered last
        row_number() over (
            partition by moments.customer_id, moments.metric, moments.moment_at
            order by answers.responded_at desc, answers.touchpoint_type asc
        ) as place
    from {{ ref("int_play_moments") }} as moments
    inner join answers
        on
            moments.customer_id = answers.customer_id
            and moments.moment_at >= answers.responded_at
            and coalesce(moments.moment_at < answers.next_responded_at, true)
    where moments.measure = 'nps_change' and moments.is_over
)

select
    customer_id,
    metric,
    moment_at,
    next_score - score as value
from latest
where place = 1 and next_score is not null
