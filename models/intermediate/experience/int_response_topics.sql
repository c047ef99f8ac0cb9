{{ config(materialized="view") }}

{#- What each commented survey response is about, and what it says of it. -#}
select
    texts.source_id as response_id,
    topics.topic,
    topics.praises,
    topics.complaints,
    topics.sentiment
from {{ ref("int_texts") }} as texts
inner join {{ ref("int_text_topics") }} as topics
    on texts.text_id = topics.text_id
where texts.source = 'survey'
