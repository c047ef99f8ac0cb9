{#- How many of each health band left soon after past days of scoring: what the band says of a customer of today. -#}
with known as (
    select
        scores.health_band,
        {{ dbt.datediff("outcomes.scored_on", "outcomes.lost_on", "day") }} as days_to_loss,
        {{ dbt.datediff("outcomes.scored_on", "moment.as_of_on", "day") }} as days_seen
    from {{ ref("int_health_outcomes") }} as outcomes
    cross join {{ ref("int_report_moment") }} as moment
    left join {{ ref("int_health_scores") }} as scores
        on outcomes.customer_id = scores.customer_id and outcomes.scored_on = scores.scored_on
),

by_band as (
    select
        {% for horizon in churn_horizons() %}
        count(case when days_seen >= {{ horizon }} then 1 end) as customers_{{ horizon }},
        count(case when days_seen >= {{ horizon }} and days_to_loss <= {{ horizon }} then 1 end) as churned_{{ horizon }},
        {% endfor %}
        health_band
    from known
    group by health_band
),

by_horizon as (
    {% for horizon in churn_horizons() %}
    select
        health_band,
        {{ horizon }} as horizon_days,
        customers_{{ horizon }} as customers,
        churned_{{ horizon }} as churned
    from by_band
    where health_band is not null
    union all
    select
        'all' as health_band,
        {{ horizon }} as horizon_days,
        sum(customers_{{ horizon }}) as customers,
        sum(churned_{{ horizon }}) as churned
    from by_band
    {{ "union all" if not loop.last }}
    {% endfor %}
),

final as (
    select
        health_band,
        horizon_days,
        cast(coalesce(customers, 0) as bigint) as customers,
        cast(coalesce(churned, 0) as bigint) as churned,
        {{ ratio("churned", "customers") }} as churn_rate
    from by_horizon
)

select * from final
