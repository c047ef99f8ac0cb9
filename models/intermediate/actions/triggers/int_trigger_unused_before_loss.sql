{#- A customer left that had not used the product for so many days; the task is open for so many days after that. -#}
select
    plays.trigger_code,
    gaps.customer_id,
    gaps.lost_at as began_at,
    {{ days_later("gaps.lost_at", "plays.within_days") }} as ended_at,
    {{ as_double("gaps.days") }} as value
from {{ ref("int_use_gaps") }} as gaps
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'unused_before_loss' and gaps.days >= plays.threshold
where gaps.lost_at is not null
