{#- Which words of the seed topic_words a text holds, and where. Each different word is compared once. -#}
with topic_words as (
    select * from {{ ref("int_topic_words") }}
),

patterns as (
    select
        pattern,
        replace(pattern, '*', '') as form,
        pattern like '%*' as is_stem
    from (
        {%- for number in [1, 2, 3] %}
        select word_{{ number }} as pattern from topic_words
        where word_{{ number }} is not null
        {{ "union" if not loop.last }}
        {%- endfor %}
    ) as parts
),

vocabulary as (
    select distinct word from {{ ref("int_text_words_this_run") }}
),

spellings as (
    select
        word,
        word as spelling
    from vocabulary
    union
    select
        word,
        {{ without_arabic_particles("word") }} as spelling
    from vocabulary
),

known as (
    select distinct
        spellings.word,
        patterns.pattern
    from spellings
    inner join patterns
        on
            left(spellings.spelling, 2) = left(patterns.form, 2)
            and (
                spellings.spelling = patterns.form
                or (patterns.is_stem and left(spellings.spelling, length(patterns.form)) = patterns.form)
            )
)

select
    words.text_id,
    words.position,
    known.pattern
from {{ ref("int_text_words_this_run") }} as words
inner join known
    on words.word = known.word
