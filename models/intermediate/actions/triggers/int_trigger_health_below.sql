{#- The health score is below a value at a month end, until a month end at which it is not. -#}
{%- set held -%}
    select
        plays.trigger_code,
        scores.customer_id,
        scores.scored_on,
        scored.customer_since,
        scores.health_score as value
    from {{ ref("int_health_scores") }} as scores
    inner join {{ ref("int_scored_customers") }} as scored
        on scores.customer_id = scored.customer_id and scores.scored_on = scored.scored_on
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'health_below' and scores.health_score < plays.threshold
{%- endset -%}
{{ month_end_stretches(held) }}
