{#-
    The one sort over all events. Most events of a subscription business are renewals that change nothing: a start or
    renewal that follows another one at once, with the same plan and amount or none. They go here, and what follows
    costs what the changes cost. A renewal after anything else stays: it may clear a failed payment or a cancel request.
-#}
with ordered as (
    select
        event_id,
        subscription_id,
        customer_id,
        event_type,
        occurred_at,
        plan_given,
        mrr_given,
        row_number() over in_order as event_number,
        lag(event_type) over in_order as previous_event_type,
        lag(plan_given) over in_order as previous_plan_given,
        lag(mrr_given) over in_order as previous_mrr_given
    from {{ ref("int_subscription_events_priced") }}
    window in_order as (partition by subscription_id order by occurred_at, lifecycle_rank, loaded_at, event_id)
)

select
    event_id,
    subscription_id,
    customer_id,
    event_type,
    occurred_at,
    plan_given,
    mrr_given,
    event_number
from ordered
where
    not (
        event_type in ('started', 'reactivated', 'renewed')
        and coalesce(previous_event_type in ('started', 'reactivated', 'renewed'), false)
        and coalesce(plan_given = previous_plan_given, plan_given is null)
        and coalesce(mrr_given = previous_mrr_given, mrr_given is null)
    )
