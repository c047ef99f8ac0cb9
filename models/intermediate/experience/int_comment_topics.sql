{#- One row per commented response: which keywords of the seed comment_topics its comment holds. -#}
with hits as (
    select distinct
        responses.response_id,
        topics.topic,
        topics.keyword,
        topics.sentiment
    from {{ ref("stg_surveys__survey_responses") }} as responses
    inner join {{ ref("comment_topics") }} as topics
        on lower(responses.comment) like '%' || topics.keyword || '%'
),

distinct_topics as (
    select distinct
        response_id,
        topic
    from hits
),

topics as (
    select
        response_id,
        {{ dbt.listagg("topic", "', '", "order by topic") }} as topics
    from distinct_topics
    group by response_id
),

sentiments as (
    select
        response_id,
        sum(sentiment) as balance
    from hits
    group by response_id
)

select
    topics.response_id,
    topics.topics,
    sentiments.balance
from topics
inner join sentiments on topics.response_id = sentiments.response_id
