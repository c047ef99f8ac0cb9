{#-
    How scored customers used the product by then: over the month of the day and the one before, and over the two before
    them. Nothing here is a row per day of use.
-#}
with months_of_scores as (
    {%- for months_ago in range(4) %}
    select
        scored_on,
        cast({{ dbt.dateadd("month", -months_ago, "month_start") }} as date) as month_start,
        {{ "true" if months_ago < 2 else "false" }} as is_recent
    from {{ ref("int_score_dates") }}
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

sums as (
    select
        months.customer_id,
        months_of_scores.scored_on,
        sum(case when months_of_scores.is_recent then months.days_used else 0 end) as days_used,
        sum(case when months_of_scores.is_recent then 0 else months.days_used end) as days_used_before,
        max(case when months_of_scores.is_recent then months.core_features_used end) as core_features,
        max(case when months_of_scores.is_recent then months.advanced_features_used end) as advanced_features,
        max(case when months_of_scores.is_recent then months.features_used end) as features,
        max(case when months_of_scores.is_recent then months.active_seats end) as active_seats
    from {{ ref("int_engagement_months") }} as months
    inner join months_of_scores
        on months.month_start = months_of_scores.month_start
    group by months.customer_id, months_of_scores.scored_on
),

last_months as (
    select
        customer_id,
        month_start,
        last_used_on,
        lead(month_start) over (partition by customer_id order by month_start) as next_month_start
    from {{ ref("int_engagement_months") }}
),

last_uses as (
    select
        last_months.customer_id,
        dates.scored_on,
        last_months.last_used_on
    from last_months
    inner join {{ ref("int_score_dates") }} as dates
        on
            last_months.month_start <= dates.scored_on
            and coalesce(last_months.next_month_start > dates.scored_on, true)
),

stretches as (
    -- from when on a customer could have used it: not before it was one, nor before anybody's use is recorded
    select
        scored.customer_id,
        scored.scored_on,
        scored.customer_since,
        greatest(
            cast({{ dbt.dateadd("month", -1, "dates.month_start") }} as date), scored.customer_since, recorded.use_since
        ) as recent_from,
        greatest(
            cast({{ dbt.dateadd("month", -3, "dates.month_start") }} as date), scored.customer_since, recorded.use_since
        ) as before_from,
        cast({{ dbt.dateadd("month", -1, "dates.month_start") }} as date) as before_until,
        recorded.features_since,
        recorded.core_features_since,
        recorded.advanced_features_since,
        recorded.seats_since
    from {{ ref("int_scored_customers") }} as scored
    inner join {{ ref("int_score_dates") }} as dates
        on scored.scored_on = dates.scored_on
    inner join {{ ref("int_recorded_since") }} as recorded
        on scored.scored_on >= recorded.use_since
),

rates as (
    -- by the week, of at least one: of a few days a rate would say more than they can
    select
        stretches.*,
        sums.core_features,
        sums.advanced_features,
        sums.features,
        -- days of use without a number of seats tell none
        case when coalesce(sums.days_used, 0) > 0 then sums.active_seats else 0 end as active_seats,
        {{ dbt.datediff("greatest(stretches.customer_since, last_uses.last_used_on)", "stretches.scored_on", "day") }}
            as days_since_use,
        7 * {{ ratio(
            "coalesce(sums.days_used, 0)",
            "greatest(" ~ dbt.datediff("stretches.recent_from", "stretches.scored_on", "day") ~ " + 1, 7)"
        ) }} as days_used_weekly,
        case
            when stretches.before_from < stretches.before_until and sums.days_used_before > 0
                then
                    7 * {{ ratio(
                        "sums.days_used_before",
                        "greatest(" ~ dbt.datediff("stretches.before_from", "stretches.before_until", "day") ~ ", 7)"
                    ) }}
        end as days_used_weekly_before
    from stretches
    left join sums
        on stretches.customer_id = sums.customer_id and stretches.scored_on = sums.scored_on
    left join last_uses
        on stretches.customer_id = last_uses.customer_id and stretches.scored_on = last_uses.scored_on
)

select
    customer_id,
    scored_on,
    days_since_use,
    -- use of the time before it was a customer may come on top
    least(days_used_weekly, 7) as days_used_weekly,
    days_used_weekly / days_used_weekly_before as use_trend,
    {%- for figure in ["core_features", "advanced_features", "features"] %}
    case when scored_on >= {{ figure }}_since then coalesce({{ figure }}, 0) end as {{ figure }},
    {%- endfor %}
    case when scored_on >= seats_since then active_seats end as active_seats
from rates
