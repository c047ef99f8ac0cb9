{#- The seed topic_words as texts are compared with it: up to three words each, a * at the end of one that is a stem. -#}
with normalised as (
    select
        role,
        topic,
        coalesce(sentiment, 0) as sentiment,
        {{ normalised_text("words", keep="*") }} as words
    from {{ ref("topic_words") }}
),

-- the end of a part of a sentence is a word too
with_ends as (
    select * from normalised
    union all
    select
        'new_part' as role,
        null as topic,
        0 as sentiment,
        '|' as words
)

select
    words,
    role,
    topic,
    sentiment,
    length(words) - length(replace(words, ' ', '')) + 1 as word_count,
    split_part(words, ' ', 1) as word_1,
    nullif(split_part(words, ' ', 2), '') as word_2,
    nullif(split_part(words, ' ', 3), '') as word_3
from with_ends
