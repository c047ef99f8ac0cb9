{#
    Kaplan-Meier with its log-log interval and the Aalen-Johansen incidence of each churn type, as CTEs of which the last
    is `curves`: the keys, tenure_days, at_risk, churned, censored, survival with its bounds, and the incidences. The cost
    is that of the different lengths. The product of (1 - churned / at_risk) is the exponential of a sum of logarithms;
    Greenwood's sum gives the interval, survival ^ exp(+-z x its error).

    Arguments: spells, a CTE of spells counted by the keys and tenure_days, with churned_<type> for each churn type and
    censored; keys, the columns that a curve is of.
#}
{% macro kaplan_meier(spells, keys) -%}
{%- set churn_types = churn_types() -%}
{%- set z = "1.959963984540054e0" -%}
{%- set keys = keys | join(", ") -%}
lengths as (
    select
        {{ keys }},
        tenure_days,
        {%- for churn_type in churn_types %}
        churned_{{ churn_type }},
        {%- endfor %}
        censored
    from {{ spells }}
    union all
    -- every curve begins on the first day, whether somebody was lost on it or not
    select distinct
        {{ keys }},
        0 as tenure_days,
        {%- for churn_type in churn_types %}
        0 as churned_{{ churn_type }},
        {%- endfor %}
        0 as censored
    from {{ spells }}
),

counted as (
    select
        {{ keys }},
        tenure_days,
        {%- for churn_type in churn_types %}
        sum(churned_{{ churn_type }}) as churned_{{ churn_type }},
        {%- endfor %}
        sum(churned_voluntary + churned_involuntary + churned_unknown) as churned,
        sum(censored) as censored
    from lengths
    group by {{ keys }}, tenure_days
),

at_risk as (
    select
        *,
        sum(churned + censored) over (
            partition by {{ keys }} order by tenure_days desc rows unbounded preceding
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
    window until_here as (partition by {{ keys }} order by tenure_days rows unbounded preceding)
),

survivals as (
    select
        *,
        case when churned = at_risk then 0 else exp(log_survival) end as survival
    from sums
),

shares_lost as (
    select
        *,
        coalesce(lag(survival) over (partition by {{ keys }} order by tenure_days), 1)
        / at_risk as survival_before_per_customer,
        case when survival > 0 and survival < 1 then exp({{ z }} * sqrt(variance) / -log_survival) end as interval_power
    from survivals
),

incidences as (
    select
        {%- for churn_type in churn_types %}
        sum(churned_{{ churn_type }} * survival_before_per_customer) over until_here as incidence_{{ churn_type }},
        {%- endfor %}
        *
    from shares_lost
    window until_here as (partition by {{ keys }} order by tenure_days rows unbounded preceding)
),

curves as (
    select
        {{ keys }},
        tenure_days,
        cast(at_risk as bigint) as at_risk,
        cast(churned as bigint) as churned,
        cast(censored as bigint) as censored,
        {{ as_double("survival") }} as survival,
        {{ as_double("case when interval_power is null then survival else exp(log_survival * interval_power) end") }}
            as survival_lower,
        {{ as_double("case when interval_power is null then survival else exp(log_survival / interval_power) end") }}
            as survival_upper,
        {%- for churn_type in churn_types %}
        {{ as_double("incidence_" ~ churn_type) }} as incidence_{{ churn_type }}{{ "," if not loop.last }}
        {%- endfor %}
    from incidences
)
{%- endmacro %}


{# Spells counted by how they ended, for kaplan_meier; columns churn_type and is_lost. #}
{% macro spell_ends() -%}
    {%- for churn_type in churn_types() %}
    sum(case when churn_type = '{{ churn_type }}' then 1 else 0 end) as churned_{{ churn_type }},
    {%- endfor %}
    sum(case when is_lost then 0 else 1 end) as censored
{%- endmacro %}


{% macro churn_types() %}
    {% do return(["voluntary", "involuntary", "unknown"]) %}
{% endmacro %}
