{#- Who reached a milestone within so many days, of those who joined long enough ago. -#}
{%- set times = {"first_week": 7, "first_90_days": 90} -%}
{%- set groups = {"in_time": "is_in_time", "not_in_time": "not is_in_time"} -%}
with onboarding as (
    {{ in_segments(ref("int_onboarding"), plan=false) }}
),

sums as (
    select
        cohort_start,
        segment_type,
        segment_value,
        milestone,
        count(*) as customers,
        count(days_to_reach) as reached,
        count(case when is_due then 1 end) as due,
        count(case when is_in_time then 1 end) as reached_in_time,
        {%- for name, days in times.items() %}
        count(case when days_seen >= {{ days }} then 1 end) as seen_{{ name }},
        count(case when days_seen >= {{ days }} and days_to_reach <= {{ days }} then 1 end) as reached_{{ name }},
        {%- endfor %}
        {%- for name, condition in groups.items() %}
        count(case when {{ condition }} then is_lost_in_90_days end) as judged_{{ name }},
        count(case when {{ condition }} and is_lost_in_90_days then 1 end) as lost_{{ name }},
        {%- endfor %}
        {{ percentiles("days_to_reach", [0.5, 0.9]) }} as days_to_reach
    from onboarding
    group by cohort_start, segment_type, segment_value, milestone
),

final as (
    select
        cohort_start,
        segment_type,
        segment_value,
        milestone,
        customers,
        reached,
        {{ ratio("reached", "customers") }} as reached_rate,
        {{ wilson("reached", "customers", "lower") }} as reached_rate_lower,
        {{ wilson("reached", "customers", "upper") }} as reached_rate_upper,
        due,
        reached_in_time,
        {{ ratio("reached_in_time", "due") }} as in_time_rate,
        {{ wilson("reached_in_time", "due", "lower") }} as in_time_rate_lower,
        {{ wilson("reached_in_time", "due", "upper") }} as in_time_rate_upper,
        {%- for name in times %}
        seen_{{ name }},
        reached_{{ name }},
        {{ ratio("reached_" ~ name, "seen_" ~ name) }} as {{ name }}_rate,
        {{ wilson("reached_" ~ name, "seen_" ~ name, "lower") }} as {{ name }}_rate_lower,
        {{ wilson("reached_" ~ name, "seen_" ~ name, "upper") }} as {{ name }}_rate_upper,
        {%- endfor %}
        {%- for name in groups %}
        judged_{{ name }},
        lost_{{ name }},
        {{ ratio("lost_" ~ name, "judged_" ~ name) }} as churn_rate_{{ name }},
        {{ wilson("lost_" ~ name, "judged_" ~ name, "lower") }} as churn_rate_{{ name }}_lower,
        {{ wilson("lost_" ~ name, "judged_" ~ name, "upper") }} as churn_rate_{{ name }}_upper,
        {%- endfor %}
        -- what lies between two values differs in the last digit by the engine; seconds are no ties at the ninth place of a day
        {{ as_double("cast(" ~ percentile_of("days_to_reach", 1) ~ " as decimal(38, 9))") }} as days_to_reach_median,
        {{ as_double("cast(" ~ percentile_of("days_to_reach", 2) ~ " as decimal(38, 9))") }} as days_to_reach_p90
    from sums
)

select * from final
