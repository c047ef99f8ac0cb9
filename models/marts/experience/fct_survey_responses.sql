with responses as (
    select responses.*
    from {{ ref("stg_surveys__survey_responses") }} as responses
    inner join {{ ref("int_report_moment") }} as moment
        on responses.responded_at <= moment.as_of
),

final as (
    select
        responses.response_id,
        responses.customer_id,
        responses.survey_type,
        responses.sent_at,
        responses.responded_at,
        cast(responses.score as integer) as score,
        case when responses.survey_type = 'nps' then {{ survey_band("responses.score") }} end as band,
        cast(coalesce(responses.weight, 1) as decimal(38, 6)) as weight,
        responses.touchpoint,
        responses.agent,
        responses.subject,
        responses.comment,
        comment_topics.topics,
        case when responses.comment is not null then coalesce(comment_topics.sentiment, 'neutral') end as sentiment
    from responses
    left join {{ ref("int_comment_topics") }} as comment_topics
        on responses.response_id = comment_topics.response_id
)

select * from final
