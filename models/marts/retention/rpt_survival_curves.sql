{#-
    Kaplan-Meier with its log-log interval and the Aalen-Johansen incidence of each churn type, from first spells counted
    by length: the cost is that of the different lengths. The product of (1 - churned / at_risk) is the exponential of a
    sum of logarithms; Greenwood's sum gives the interval, survival ^ exp(+-z x its error).
-#}
{%- set churn_types = ["voluntary", "involuntary", "unknown"] -%}
{%- set z = "1.959963984540054e0" -%}

with spells as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        {%- for segment in attribute_segments() %}
        {{ segment }},
        {%- endfor %}
        plan_id as plan,
        tenure_days,
        {%- for churn_type in churn_types %}
        sum(case when churn_type = '{{ churn_type }}' then 1 else 0 end) as churned_{{ churn_type }},
        {%- endfor %}
        sum(case when is_lost then 0 else 1 end) as censored
    from {{ ref("int_first_spells") }}
    group by {{ attribute_segments() | join(", ") }}, plan_id, tenure_days
),

spells_by_segment as (
    {{ in_segments("spells") }}
),

lengths as (
    select
        segment_type,
        segment_value,
        tenure_days,
        {%- for churn_type in churn_types %}
        churned_{{ churn_type }},
        {%- endfor %}
        censored
    from spells_by_segment
    union all
    -- every curve begins on the first day, whether somebody was lost on it or not
    select distinct
        segment_type,
        segment_value,
        0 as tenure_days,
        {%- for churn_type in churn_types %}
        0 as churned_{{ churn_type }},
        {%- endfor %}
        0 as censored
    from spells_by_segment
),

counted as (
    select
        segment_type,
        segment_value,
        tenure_days,
        {%- for churn_type in churn_types %}
        sum(churned_{{ churn_type }}) as churned_{{ churn_type }},
        {%- endfor %}
        sum(churned_voluntary + churned_involuntary + churned_unknown) as churned,
        sum(censored) as censored
    from lengths
    group by segment_type, segment_value, tenure_days
),

at_risk as (
    select
        *,
        sum(churned + censored) over (
            partition by segment_type, segment_value order by tenure_days desc rows unbounded preceding
        ) as at_risk
    from counted
),

sums as (
    -- when nobody is left the logarithm has no value, and nothing comes after
    select
        *,
        sum(case when churned < at_risk then ln(1 - {{ ratio("churned", "at_risk") }}) end) over until_here as log_survival,
        sum(case when churned < at_risk then {{ ratio("churned", as_double("at_risk") ~ " * (at_risk - churned)") }} end)
            over until_here as variance
    from at_risk
    window until_here as (partition by segment_type, segment_value order by tenure_days rows unbounded preceding)
),

curves as (
    select
        *,
        case when churned = at_risk then 0 else exp(log_survival) end as survival
    from sums
),

shares_lost as (
    select
        *,
        coalesce(lag(survival) over (partition by segment_type, segment_value order by tenure_days), 1)
        / at_risk as survival_before_per_customer,
        case when survival > 0 and survival < 1 then exp({{ z }} * sqrt(variance) / -log_survival) end as interval_power
    from curves
),

incidences as (
    select
        {%- for churn_type in churn_types %}
        sum(churned_{{ churn_type }} * survival_before_per_customer) over until_here as incidence_{{ churn_type }},
        {%- endfor %}
        *
    from shares_lost
    window until_here as (partition by segment_type, segment_value order by tenure_days rows unbounded preceding)
),

final as (
    select
        segment_type,
        segment_value,
        tenure_days,
        cast(at_risk as bigint) as at_risk,
        cast(churned as bigint) as churned,
        cast(censored as bigint) as censored,
        {{ as_double("survival") }} as survival,
        {{ as_double("case when interval_power is null then survival else exp(log_survival * interval_power) end") }}
            as survival_lower,
        {{ as_double("case when interval_power is null then survival else exp(log_survival / interval_power) end") }}
            as survival_upper,
        {{ as_double("incidence_voluntary") }} as incidence_voluntary,
        {{ as_double("incidence_involuntary") }} as incidence_involuntary,
        {{ as_double("incidence_unknown") }} as incidence_unknown
    from incidences
)

select * from final
