{#- The cells of surveys summed by segment or split: every report of scores is a sum over these rows. -#}
{%- set asked_about = "survey_type, subject, touchpoint_type" -%}

with by_segment as (
    {{ in_segments(ref("int_survey_cells"), own=answer_splits()) }}
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
    sum(weight) as weight
from ({{ as_reported("by_segment") }}) as reported
group by period_grain, period_start, segment_type, reported_value, {{ asked_about }}, score
