{#- Whether a milestone that was past due and not reached was reached then. -#}
select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    max(case when milestones.reached_at <= moments.until_at then 1 else 0 end) as value
from {{ ref("int_play_moments") }} as moments
inner join {{ ref("stg_product__onboarding_milestones") }} as milestones
    on
        moments.customer_id = milestones.customer_id
        and moments.moment_at >= milestones.due_at
        and coalesce(moments.moment_at < milestones.reached_at, true)
where moments.measure = 'activated' and moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
