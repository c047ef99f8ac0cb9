{#- A payment failed so many days ago and was neither made since nor did the subscription end. -#}
select
    plays.trigger_code,
    failures.customer_id,
    {{ days_later("failures.failed_at", "plays.threshold") }} as began_at,
    failures.ended_at,
    {{ as_double("failures.mrr_at_risk") }} as value
from {{ ref("int_payment_failures") }} as failures
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'payment_past_due'
where coalesce(failures.ended_at > {{ days_later("failures.failed_at", "plays.threshold") }}, true)
