{#-
    Where texts hold words of the seed topic_words. Of what lies within a longer find, and of several of one length at one
    place, only the longest counts: "not worth" is one find, and no "worth".
-#}
with topic_words as (
    select * from {{ ref("int_topic_words") }}
),

found as (
    select * from {{ ref("int_text_patterns_this_run") }}
),

hits as (
    select
        firsts.text_id,
        firsts.position,
        firsts.position + topic_words.word_count - 1 as last_position,
        topic_words.words,
        topic_words.word_count,
        topic_words.role,
        topic_words.topic,
        topic_words.sentiment
    from topic_words
    inner join found as firsts
        on topic_words.word_1 = firsts.pattern
    left join found as seconds
        on
            topic_words.word_2 = seconds.pattern
            and firsts.text_id = seconds.text_id
            and firsts.position + 1 = seconds.position
    left join found as thirds
        on
            topic_words.word_3 = thirds.pattern
            and firsts.text_id = thirds.text_id
            and firsts.position + 2 = thirds.position
    where
        (topic_words.word_2 is null or seconds.pattern is not null)
        and (topic_words.word_3 is null or thirds.pattern is not null)
),

placed as (
    select
        *,
        max(case when word_count = 3 then last_position end) over (
            partition by text_id order by position range between 2 preceding and current row
        ) as end_of_three,
        max(case when word_count = 2 then last_position end) over (
            partition by text_id order by position range between 1 preceding and current row
        ) as end_of_two,
        row_number() over (
            partition by text_id, position, word_count order by length(replace(words, '*', '')) desc, words
        ) as place
    from hits
)

select
    text_id,
    position,
    last_position,
    words,
    role,
    topic,
    sentiment
from placed
where
    place = 1
    and (word_count = 3 or coalesce(end_of_three, 0) < last_position)
    and (word_count > 1 or coalesce(end_of_two, 0) < last_position)
