{{ config(materialized="view") }}

{#- The words of each different text in their order; in an increment of the touched ones. -#}
with texts as (
    select distinct
        text_id,
        text
    from {{ ref("int_texts") }}
    where {{ is_touched("text_id", ref("int_touched_texts")) }}
),

normalised as (
    select
        text_id,
        {{ normalised_text("text") }} as words
    from texts
)

{{ split_words("normalised", "text_id", "words") }}
