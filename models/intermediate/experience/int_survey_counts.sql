{#-
    Surveys and answers counted by period and segment or split: every report of scores is a sum over these rows. Counted by
    day first: the sum of a longer period is then one of few rows.
-#}
{%- set asked_about = "survey_type, subject, touchpoint_type" -%}
{%- set latest_of = "is_latest_of_" ~ period_grains() | join(", is_latest_of_") -%}

with by_segment as (
    {{ in_segments(ref("int_survey_events"), own=answer_splits()) }}
),

days as (
    select
        happened_on,
        segment_type,
        segment_value,
        {{ asked_about }},
        score,
        {{ latest_of }},
        sum(sent_count) as sent_count,
        sum(answered_count) as answered_count,
        sum(respondents) as respondents,
        sum(weight) as weight
    from by_segment
    group by happened_on, segment_type, segment_value, {{ asked_about }}, score, {{ latest_of }}
),

in_periods as (
    {{ in_periods("days", "happened_on") }}
)

select
    period_grain,
    period_start,
    segment_type,
    reported_value as segment_value,
    {{ asked_about }},
    score,
    cast(sum(sent_count) as bigint) as sent_count,
    cast(sum(answered_count) as bigint) as answered_count,
    cast(sum(respondents) as bigint) as respondents,
    cast(sum(weight) as decimal(38, 6)) as weight
from ({{ as_reported("in_periods") }}) as reported
where {{ is_latest_of_period() }}
group by period_grain, period_start, segment_type, reported_value, {{ asked_about }}, score
