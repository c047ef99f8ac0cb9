{#- Whether something was ordered on a later day of the window, once orders are recorded at all. -#}
with recorded as (
    select min(ordered_on) as since_on from {{ ref("int_order_days") }}
)

select
    moments.customer_id,
    moments.metric,
    moments.moment_at,
    max(case when orders.ordered_on is not null then 1 else 0 end) as value
from {{ ref("int_play_moments") }} as moments
inner join recorded
    on moments.moment_on >= recorded.since_on
left join {{ ref("int_order_days") }} as orders
    on
        moments.customer_id = orders.customer_id
        and moments.moment_on < orders.ordered_on
        and moments.until_on >= orders.ordered_on
where moments.measure = 'ordered' and moments.is_over
group by moments.customer_id, moments.metric, moments.moment_at
