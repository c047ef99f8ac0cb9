{#- How many of each health band left soon after past days of scoring: whether the score tells it, and what it says today. -#}
with scored as (
    select
        scores.scored_on,
        scores.health_band,
        outcomes.lost_within_days,
        count(*) as customers
    from {{ ref("int_health_scores") }} as scores
    inner join {{ ref("int_health_outcomes") }} as outcomes
        on scores.customer_id = outcomes.customer_id and scores.scored_on = outcomes.scored_on
    group by scores.scored_on, scores.health_band, outcomes.lost_within_days
),

bands as (
    select * from scored
    where health_band is not null
    union all
    select
        scored_on,
        'all' as health_band,
        lost_within_days,
        customers
    from scored
),

final as (
    select
        bands.scored_on,
        bands.health_band,
        horizons.horizon_days,
        cast(sum(bands.customers) as bigint) as customers,
        cast(sum(case when bands.lost_within_days <= horizons.horizon_days then bands.customers else 0 end) as bigint) as churned
    from bands
    inner join {{ ref("int_health_horizons") }} as horizons
        on bands.scored_on = horizons.scored_on
    group by bands.scored_on, bands.health_band, horizons.horizon_days
)

select * from final
