{#-
    Whether who was a customer used the product on a later day of the window, once use is recorded at all. A window of 30
    days or more holds a day of a month's use wherever that begins before its end and ends after its start.
-#}
with recorded as (
    select min(first_used_on) as since_on from {{ ref("int_engagement_months") }}
)

select
    states.customer_id,
    states.metric,
    states.moment_at,
    max(case when months.customer_id is not null then 1 else 0 end) as value
from {{ ref("int_play_states") }} as states
inner join recorded
    on states.moment_on >= recorded.since_on
left join {{ ref("int_engagement_months") }} as months
    on
        states.customer_id = months.customer_id
        and states.moment_on < months.last_used_on
        and states.until_on >= months.first_used_on
where states.measure = 'used' and states.was_active
group by states.customer_id, states.metric, states.moment_at
