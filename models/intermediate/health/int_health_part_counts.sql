{#- Scored customers counted by the whole points of each part, and of the score, and how many of them were lost. -#}
{%- set parts = health_parts().keys() | list -%}
with scored as (
    select
        scores.scored_on,
        {%- for part in parts %}
        cast(floor(scores.{{ part }}_points + 0.5) as integer) as {{ part }},
        {%- endfor %}
        cast(floor(scores.health_score + 0.5) as integer) as health_score,
        outcomes.lost_within_days
    from {{ ref("int_health_scores") }} as scores
    inner join {{ ref("int_health_outcomes") }} as outcomes
        on scores.customer_id = outcomes.customer_id and scores.scored_on = outcomes.scored_on
)

{% for part in parts + ["health_score"] -%}
select
    '{{ part }}' as part,
    scored_on,
    {{ part }} as points,
    {%- for days in health_horizons() %}
    count(case when lost_within_days <= {{ days }} then 1 end) as churned_{{ days }},
    {%- endfor %}
    count(*) as customers
from scored
where {{ part }} is not null
group by scored_on, {{ part }}
{{- " union all" if not loop.last }}
{% endfor %}
