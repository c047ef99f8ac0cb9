{#- At a month end a customer of green health had used nearly all of the seats, or of the use, that its plan allows in a month. -#}
{%- set held -%}
    select
        plays.trigger_code,
        scores.customer_id,
        scores.scored_on,
        scored.customer_since,
        greatest(
            {{ ratio("months.active_seats", "plans.seat_limit") }},
            {{ ratio("months.times_used", "plans.usage_limit") }}
        ) as value
    from {{ ref("int_health_scores") }} as scores
    inner join {{ ref("int_scored_customers") }} as scored
        on scores.customer_id = scored.customer_id and scores.scored_on = scored.scored_on
    inner join {{ ref("stg_billing__plans") }} as plans
        on scored.plan_id = plans.plan_id
    inner join {{ ref("int_engagement_months") }} as months
        on
            scores.customer_id = months.customer_id
            and months.month_start = cast({{ dbt.date_trunc("month", "scores.scored_on") }} as date)
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'near_limit'
    where
        scores.health_band = 'green'
        and greatest(
            {{ ratio("months.active_seats", "plans.seat_limit") }},
            {{ ratio("months.times_used", "plans.usage_limit") }}
        ) >= plays.threshold
{%- endset -%}
{{ month_end_stretches(held) }}
