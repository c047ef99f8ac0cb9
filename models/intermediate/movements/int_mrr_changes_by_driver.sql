{{ config(materialized="view") }}

{#-
    What the tiers of the plans say about a change of MRR. Where the billing interval changed with the plan, and the tier
    does not explain that MRR rose or fell, the change is the interval's: the same product paid another way, or a higher
    tier with a discount for the year. A plan's change against its tier is no upgrade or downgrade either.
-#}
with with_tiers as (
    select
        changes.*,
        tiers.tier_rank - previous_tiers.tier_rank as tier_change,
        tiers.plan_tier = previous_tiers.plan_tier as is_same_tier
    from {{ ref("int_mrr_change_drivers") }} as changes
    left join {{ ref("int_plan_tiers") }} as previous_tiers
        on changes.previous_plan_id = previous_tiers.plan_id
    left join {{ ref("int_plan_tiers") }} as tiers
        on changes.plan_id = tiers.plan_id
),

explained as (
    select
        *,
        case
            when interval_change = 0 then false
            when is_same_tier or tier_change = 0 then true
            -- longer for less, shorter for more
            when tier_change is null then (interval_change > 0 and mrr_plan < 0) or (interval_change < 0 and mrr_plan > 0)
            else (tier_change > 0 and mrr_plan < 0) or (tier_change < 0 and mrr_plan > 0)
        end as is_of_interval
    from with_tiers
),

told_apart as (
    select
        *,
        case when is_of_interval then 0 else mrr_plan end as mrr_of_plan,
        case when is_of_interval then mrr_interval + mrr_plan else mrr_interval end as mrr_of_interval
    from explained
)

select
    subscription_id,
    customer_id,
    changed_at,
    changed_on,
    mrr_pause,
    mrr_exchange_rate,
    mrr_quantity,
    cast(mrr_of_plan as decimal(38, 6)) as mrr_plan,
    cast(mrr_of_interval as decimal(38, 6)) as mrr_interval,
    mrr_price,
    cast(
        mrr_of_interval
        + case when (tier_change > 0 and mrr_of_plan < 0) or (tier_change < 0 and mrr_of_plan > 0) then mrr_of_plan else 0 end
        as decimal(38, 6)
    ) as mrr_of_terms
from told_apart
