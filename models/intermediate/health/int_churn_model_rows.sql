{#-
    What the churn models learn from: customers at past days of scoring, and whether they left soon after. Where there are
    more rows than a model needs, those of a part of the customers, so that every month end stays.
-#}
with horizons as (
    select
        scored_on,
        max(horizon_days) as days_known
    from {{ ref("int_health_horizons") }}
    group by scored_on
),

known as (
    select
        outcomes.customer_id,
        outcomes.scored_on,
        outcomes.lost_within_days,
        horizons.days_known
    from {{ ref("int_health_outcomes") }} as outcomes
    inner join horizons
        on outcomes.scored_on = horizons.scored_on
),

customers as (
    select
        customer_id,
        {{ dbt.hash("customer_id") }} as place,
        count(*) as rows_of_customer
    from known
    group by customer_id
),

counted as (
    select
        customer_id,
        sum(rows_of_customer) over (order by place, customer_id rows unbounded preceding) as rows_so_far
    from customers
),

chosen as (
    select counted.customer_id
    from counted
    inner join {{ ref("thresholds") }} as most
        on most.threshold = 'churn_model_most_rows' and counted.rows_so_far <= most.value
),

final as (
    select
        known.customer_id,
        known.scored_on,
        -- a horizon that is not over says nothing yet, even of those who have left: the others would be missing
        {% for days in health_horizons() %}
        case
            when known.days_known >= {{ days }} then coalesce(known.lost_within_days <= {{ days }}, false)
        end as is_lost_in_{{ days }}_days,
        {% endfor %}
        scores.health_score,
        scores.health_band
    from known
    inner join chosen
        on known.customer_id = chosen.customer_id
    left join {{ ref("int_health_scores") }} as scores
        on known.customer_id = scores.customer_id and known.scored_on = scores.scored_on
)

select * from final
