{#- Conversion within so many days, of the trials that began that long ago: the thresholds trial_<name>_days. -#}
{%- set times = ["early", "usual", "late"] -%}
with limits as (
    select
        max(case when threshold = 'trial_early_days' then value end) as early_days,
        max(case when threshold = 'trial_usual_days' then value end) as usual_days,
        max(case when threshold = 'trial_late_days' then value end) as late_days
    from {{ ref("thresholds") }}
),

trials as (
    {{ in_segments(ref("int_trials")) }}
),

sums as (
    select
        trials.month_start as period_start,
        trials.segment_type,
        trials.segment_value,
        count(*) as trials,
        count(case when trials.is_repeat then 1 end) as repeat_trials,
        count(case when trials.outcome = 'converted' then 1 end) as converted,
        count(case when trials.outcome = 'lost' then 1 end) as lost,
        count(case when trials.outcome = 'open' then 1 end) as still_open,
        count(case when trials.is_plan_tried then 1 end) as converted_to_plan,
        percentile_cont(0.5) within group (order by {{ as_double("trials.days_to_convert") }}) as median_days,
        {%- for name in times %}
        count(case when trials.days_seen >= limits.{{ name }}_days then 1 end) as seen_{{ name }},
        count(
            case when trials.days_seen >= limits.{{ name }}_days and trials.days_to_convert <= limits.{{ name }}_days then 1 end
        ) as converted_{{ name }},
        {%- endfor %}
        count(case when trials.outcome = 'converted' then trials.milestones_reached end) as converted_with_milestones,
        sum(case when trials.outcome = 'converted' then trials.milestones_reached end) as milestones_converted,
        count(case when trials.outcome = 'lost' then trials.milestones_reached end) as lost_with_milestones,
        sum(case when trials.outcome = 'lost' then trials.milestones_reached end) as milestones_lost
    from trials
    cross join limits
    group by trials.month_start, trials.segment_type, trials.segment_value
),

final as (
    select
        period_start,
        segment_type,
        segment_value,
        trials,
        repeat_trials,
        converted,
        lost,
        still_open as open,
        {{ ratio("converted", "converted + lost") }} as conversion_rate,
        {{ wilson("converted", "(converted + lost)", "lower") }} as conversion_rate_lower,
        {{ wilson("converted", "(converted + lost)", "upper") }} as conversion_rate_upper,
        converted_to_plan,
        {{ ratio("converted_to_plan", "converted + lost") }} as plan_conversion_rate,
        {{ wilson("converted_to_plan", "(converted + lost)", "lower") }} as plan_conversion_rate_lower,
        {{ wilson("converted_to_plan", "(converted + lost)", "upper") }} as plan_conversion_rate_upper,
        median_days,
        {%- for name in times %}
        seen_{{ name }},
        converted_{{ name }},
        {{ ratio("converted_" ~ name, "seen_" ~ name) }} as {{ name }}_rate,
        {{ wilson("converted_" ~ name, "seen_" ~ name, "lower") }} as {{ name }}_rate_lower,
        {{ wilson("converted_" ~ name, "seen_" ~ name, "upper") }} as {{ name }}_rate_upper,
        {%- endfor %}
        converted_with_milestones,
        {{ ratio("milestones_converted", "converted_with_milestones") }} as mean_milestones_converted,
        lost_with_milestones,
        {{ ratio("milestones_lost", "lost_with_milestones") }} as mean_milestones_lost
    from sums
)

select * from final
