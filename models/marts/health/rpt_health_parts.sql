with judged as (
    select
        counts.part,
        counts.points,
        horizons.horizon_days,
        counts.customers,
        case horizons.horizon_days
            {%- for days in health_horizons() %}
            when {{ days }} then counts.churned_{{ days }}
            {%- endfor %}
        end as churned
    from {{ ref("int_health_part_counts") }} as counts
    inner join {{ ref("int_health_horizons") }} as horizons
        on counts.scored_on = horizons.scored_on
),

counts as (
    select
        part,
        points,
        horizon_days,
        sum(churned) as churned,
        sum(customers - churned) as stayed
    from judged
    group by part, points, horizon_days
),

above as (
    select
        *,
        sum(stayed) over (
            partition by part, horizon_days
            order by points desc
            rows unbounded preceding
        ) - stayed as stayed_above
    from counts
),

sums as (
    select
        part,
        horizon_days,
        cast(sum(churned) as bigint) as churned,
        cast(sum(stayed) as bigint) as stayed,
        -- pairs of one who left and one who stayed, twice: who stayed has more points, or (half) as many
        sum(churned * (2 * stayed_above + stayed)) as pairs_in_order,
        sum(churned * points) as points_of_churned,
        sum(stayed * points) as points_of_stayed
    from above
    group by part, horizon_days
),

areas as (
    select
        *,
        {{ ratio("pairs_in_order", "2 * " ~ as_double("churned") ~ " * " ~ as_double("stayed")) }} as auc
    from sums
),

final as (
    select
        areas.part,
        areas.horizon_days,
        {{ as_double("parts.weight") }} as weight,
        areas.churned + areas.stayed as customers,
        areas.churned,
        areas.auc,
        {{ auc_bound("areas.auc", "areas.churned", "areas.stayed", "lower") }} as auc_lower,
        {{ auc_bound("areas.auc", "areas.churned", "areas.stayed", "upper") }} as auc_upper,
        {{ ratio("areas.points_of_stayed", "areas.stayed") }} as mean_points_stayed,
        {{ ratio("areas.points_of_churned", "areas.churned") }} as mean_points_churned,
        case
            when areas.auc is not null
                then cast(rank() over (partition by areas.horizon_days order by areas.auc desc nulls last) as bigint)
        end as part_rank
    from areas
    left join {{ ref("health_parts") }} as parts
        on areas.part = parts.part
)

select * from final
