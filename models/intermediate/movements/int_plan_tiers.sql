{{ config(materialized="view") }}

select
    plans.plan_id,
    lower(trim(plans.plan_tier)) as plan_tier,
    ranks.tier_rank
from {{ ref("stg_billing__plans") }} as plans
left join {{ ref("plan_tiers") }} as ranks
    on lower(trim(plans.plan_tier)) = ranks.plan_tier
