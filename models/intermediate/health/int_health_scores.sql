{#-
    The health score: the weighted mean of the points of the parts that are known. A part has 0 points at its worst value or
    beyond and 100 at its best, as the seed health_parts says.
-#}
{%- set parts = health_parts() -%}
with rules as (
    select
        {%- for part in parts %}
        {%- for column in ["weight", "worst", "best"] %}
        max(case when part = '{{ part }}' then {{ as_double(column) }} end) as {{ part }}_{{ column }},
        {%- endfor %}
        {%- endfor %}
        {{ as_double("sum(weight)") }} as all_weights
    from {{ ref("health_parts") }}
),

features as (
    select
        {%- for part, feature in parts.items() %}
        {{ as_double("cast(" ~ feature ~ " as integer)" if feature.startswith(("is_", "has_")) else feature) }} as {{ part }},
        {%- endfor %}
        customer_id,
        scored_on
    from {{ ref("int_customer_features") }}
),

pointed as (
    select
        features.*,
        {%- for part in parts %}
        {%- set is_known = "features." ~ part ~ " is not null and rules." ~ part ~ "_weight is not null" %}
        case
            -- greatest and least leave out what is null; abs makes 0 of the -0 of a part that falls
            when {{ is_known }}
                then
                    100 * least(
                        abs(greatest((features.{{ part }} - rules.{{ part }}_worst) / (rules.{{ part }}_best - rules.{{ part }}_worst), 0)),
                        1
                    )
        end as {{ part }}_points,
        case when {{ is_known }} then rules.{{ part }}_weight else 0 end as {{ part }}_weight,
        {%- endfor %}
        rules.all_weights
    from features
    cross join rules
),

summed as (
    select
        *,
        {% for part in parts %}{{ part }}_weight{{ " + " if not loop.last }}{% endfor %} as known_weights,
        {% for part in parts %}{{ part }}_weight * coalesce({{ part }}_points, 0){{ "\n        + " if not loop.last }}{% endfor %} as weighted_points
    from pointed
),

scores as (
    select
        *,
        {{ ratio("weighted_points", "known_weights") }} as health_score,
        {{ ratio("known_weights", "all_weights") }} as weight_known
    from summed
),

bands as (
    select
        band,
        from_score,
        lead(from_score) over (order by from_score) as until_score
    from {{ ref("health_bands") }}
)

select
    {%- for part in parts %}
    scores.{{ part }},
    scores.{{ part }}_points,
    {%- endfor %}
    scores.customer_id,
    scores.scored_on,
    scores.health_score,
    bands.band as health_band,
    scores.weight_known
from scores
left join bands
    on
        scores.health_score >= bands.from_score
        and coalesce(scores.health_score < bands.until_score, true)
