{#- So many days after a loss, for so many days. -#}
select
    plays.trigger_code,
    losses.customer_id,
    {{ days_later("losses.churned_at", "plays.threshold") }} as began_at,
    least({{ days_later("losses.churned_at", "plays.threshold + plays.within_days") }}, losses.returned_at) as ended_at,
    {{ as_double("losses.mrr_lost") }} as value
from {{ ref("int_churn_events") }} as losses
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'days_since_loss'
-- another loss has days of its own
where coalesce(losses.returned_at > {{ days_later("losses.churned_at", "plays.threshold") }}, true)
