{%- set channels = ["mail", "sms", "push", "call"] -%}
{%- set outcomes = ["next_score_change", "use_change", "retention_rate"] -%}
{%- set columns = {
    "": "mean_contact",
    "_n": "n_contact",
    "_without_contact": "mean_without_contact",
    "_without_contact_n": "n_without_contact",
    "_difference": "difference",
    "_difference_lower": "difference - half_width",
    "_difference_upper": "difference + half_width",
    "_difference_n": "n_matched",
} -%}

with low_scores as (
    {{ in_periods(ref("int_low_score_outcomes"), "responded_on") }}
),

counts as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        touchpoint_type,
        {%- for channel in channels %}
        count(case when is_contacted_in_time and channel = '{{ channel }}' then 1 end) as contacted_by_{{ channel }},
        {%- endfor %}
        count(*) as low_scores,
        count(contacted_at) as contacted,
        count(case when is_contacted_in_time then 1 end) as contacted_in_time
    from low_scores
    group by period_grain, period_start, period_end, is_complete_period, touchpoint_type
),

comparisons as (
    -- a row per outcome becomes columns of it
    select
        {%- for outcome in outcomes %}
        {%- for column, value in columns.items() %}
        max(case when outcome = '{{ outcome }}' then {{ value }} end) as {{ outcome ~ column }},
        {%- endfor %}
        {%- endfor %}
        period_grain,
        period_start,
        touchpoint_type
    from {{ ref("int_feedback_comparisons") }}
    group by period_grain, period_start, touchpoint_type
),

final as (
    select
        counts.period_grain,
        counts.period_start,
        counts.period_end,
        counts.is_complete_period,
        counts.touchpoint_type,
        {%- for channel in channels %}
        counts.contacted_by_{{ channel }},
        {%- endfor %}
        {%- for outcome in outcomes %}
        {%- for column in columns %}
        {{ "coalesce(comparisons." ~ outcome ~ column ~ ", 0) as " ~ outcome ~ column if column.endswith("_n") else "comparisons." ~ outcome ~ column }},
        {%- endfor %}
        {%- endfor %}
        counts.low_scores,
        counts.contacted,
        counts.contacted_in_time,
        {{ ratio("counts.contacted_in_time", "counts.low_scores") }} as contacted_in_time_rate,
        {{ wilson("counts.contacted_in_time", "counts.low_scores", "lower") }} as contacted_in_time_rate_lower,
        {{ wilson("counts.contacted_in_time", "counts.low_scores", "upper") }} as contacted_in_time_rate_upper
    from counts
    left join comparisons
        on
            counts.period_grain = comparisons.period_grain
            and counts.period_start = comparisons.period_start
            and counts.touchpoint_type = comparisons.touchpoint_type
)

select * from final
