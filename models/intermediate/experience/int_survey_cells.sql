{#-
    Surveys and answers counted by period and by all that they are reported by, at once: a cell. Of one customer the latest
    answer of a period counts; anonymous ones each do.
-#}
{%- set asked_about = ["survey_type", "subject", "touchpoint_type"] -%}
{%- set cut_by = customer_attributes() + ["plan"] + answer_splits() -%}
{%- set keys = ["period_grain", "period_start"] + asked_about + ["counted_score"] + cut_by -%}
{%- set columns = keys + ["sent_count", "answered_count", "respondents", "weight_of_respondents"] -%}

with sent as (
    select
        surveys.*,
        cast(null as integer) as counted_score,
        1 as sent_count,
        case when surveys.responded_at is null then 0 else 1 end as answered_count,
        0 as respondents,
        0 * surveys.weight as weight_of_respondents
    from ({{ in_periods(ref("int_surveys"), "sent_on") }}) as surveys
),

answers as (
    -- the next one of the same customer and kind: while it is in a later period, this one is the latest of its own
    select
        *,
        lead(responded_on) over (
            partition by survey_type, subject, touchpoint_type, customer_id
            order by responded_at, response_id
        ) as next_responded_on
    from {{ ref("int_surveys") }}
    where responded_on is not null
),

answered as (
    select
        answers.*,
        answers.score as counted_score,
        0 as sent_count,
        0 as answered_count,
        1 as respondents,
        answers.weight as weight_of_respondents
    from ({{ in_periods("answers", "responded_on") }}) as answers
    where answers.customer_id is null or answers.next_responded_on is null or answers.next_responded_on >= answers.period_end
),

surveys as (
    select {{ columns | join(", ") }} from sent
    union all
    select {{ columns | join(", ") }} from answered
)

select
    {{ keys | reject("equalto", "counted_score") | join(",\n    ") }},
    counted_score as score,
    cast(sum(sent_count) as bigint) as sent_count,
    cast(sum(answered_count) as bigint) as answered_count,
    cast(sum(respondents) as bigint) as respondents,
    cast(sum(weight_of_respondents) as decimal(38, 6)) as weight
from surveys
group by {{ keys | join(", ") }}
