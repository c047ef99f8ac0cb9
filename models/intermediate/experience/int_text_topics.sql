{{ config(materialized=grown_by_increments(), incremental_strategy="replace_touched", unique_key="text_id", meta={"touched": "int_touched_texts"}) }}

{#-
    What each different text is about, and what it says of it. A text has parts: they end at a full stop, a comma, "but" and
    the like. In a part
    - a negation turns what follows within three words, in Persian what precedes: "not easy" is no praise, and "no problem"
      no complaint; a topic that is named and negated, of which no more is said, is missed: "no integration";
    - an opinion is about the topic that is named nearest, of two as near the one before; where none is named, about its own.
-#}
{%- set part = "partition by text_id, part order by position" -%}
with hits as (
    select
        *,
        sum(case when role = 'new_part' then 1 else 0 end) over (
            partition by text_id order by position rows unbounded preceding
        ) as part
    from {{ ref("int_topic_word_hits_this_run") }}
    where {{ is_touched("text_id", ref("int_touched_texts")) }}
),

negated as (
    select
        *,
        mod(
            count(case when role = 'negates_next' then 1 end) over ({{ part }} range between 3 preceding and 1 preceding)
            + count(case when role = 'negates_previous' then 1 end) over ({{ part }} range between 1 following and 3 following),
            2
        ) = 1 as is_negated,
        max(case when role = 'topic' then position end) over ({{ part }} rows between unbounded preceding and 1 preceding)
            as topic_before,
        min(case when role = 'topic' then position end) over ({{ part }} rows between 1 following and unbounded following)
            as topic_after
    from hits
),

said as (
    select
        text_id,
        position,
        role,
        topic,
        case when is_negated then -sentiment else sentiment end as sentiment,
        case when is_negated and role = 'topic' then 1 else 0 end as is_missed,
        case
            when role = 'topic' then position
            when topic_after - last_position < position - topic_before then topic_after
            else coalesce(topic_before, topic_after)
        end as topic_position
    from negated
    where role in ('topic', 'opinion')
),

about as (
    select
        said.text_id,
        coalesce(named.topic, said.topic) as topic,
        said.sentiment,
        said.is_missed
    from said
    left join said as named
        on
            said.text_id = named.text_id
            and said.topic_position = named.position
            and named.role = 'topic'
),

sums as (
    select
        text_id,
        topic,
        count(case when sentiment > 0 then 1 end) as praises,
        case
            when max(abs(sentiment)) = 0 then max(is_missed)
            else count(case when sentiment < 0 then 1 end)
        end as complaints
    from about
    group by text_id, topic
)

select
    text_id,
    topic,
    praises,
    complaints,
    case when praises > complaints then 1 when praises < complaints then -1 else 0 end as sentiment
from sums
