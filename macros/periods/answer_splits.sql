{# What answers are split by beside the segments: what was asked about, and what the customer was when it answered. #}
{% macro answer_splits() %}
    {% do return(["touchpoint", "lifecycle_stage", "tenure_band"]) %}
{% endmacro %}


{# Whether a row of int_survey_counts or int_nps_scores is of a split; the others are of a segment. #}
{% macro is_of_a_split() -%}
    segment_type in ('{{ answer_splits() | join("', '") }}')
{%- endmacro %}


{# Whether a survey or answer of int_survey_events counts in a period: an answer does in those of which it is the latest. #}
{% macro is_latest_of_period() -%}
    case period_grain {%- for grain in period_grains() %} when '{{ grain }}' then is_latest_of_{{ grain }} {%- endfor %} end
{%- endmacro %}
