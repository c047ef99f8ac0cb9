{%- set parts = health_parts() -%}
with scores as (
    select
        scores.*,
        lag(scores.scored_on) over (partition by scores.customer_id order by scores.scored_on) as last_scored_on,
        lag(scores.health_score) over (partition by scores.customer_id order by scores.scored_on) as last_health_score,
        dates.previous_scored_on
    from {{ ref("int_health_scores") }} as scores
    inner join {{ ref("int_score_dates") }} as dates
        on scores.scored_on = dates.scored_on
),

compared as (
    select
        *,
        -- of who was no customer at the month end before there is no score to compare with
        case when last_scored_on = previous_scored_on then last_health_score end as previous_health_score,
        {% for part in parts %}case when {{ part }} is null then ', {{ part }}' else '' end{{ "\n        || " if not loop.last }}{% endfor %} as parts_missing
    from scores
),

final as (
    select
        customer_id,
        scored_on,
        health_score,
        health_band,
        previous_health_score,
        health_score - previous_health_score as health_score_change,
        weight_known,
        {%- for part in parts %}
        {{ part }},
        {{ part }}_points,
        {%- endfor %}
        case when parts_missing <> '' then substring(parts_missing, 3) end as missing_parts
    from compared
)

select * from final
