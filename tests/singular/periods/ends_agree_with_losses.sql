-- What: the subscriptions whose end lost the customer are those of a row of fct_churn_events, in both directions: their MRR
--       is what was lost, and the one with the highest MRR, then the lowest id, says why.
-- When it fails: int_subscription_ends and int_customer_changes disagree about who was still active at the instant returned.
with ends as (
    select
        *,
        row_number() over (partition by customer_id, ended_at order by mrr_lost desc, subscription_id asc) as place
    from {{ ref("fct_subscription_ends") }}
    where is_customer_lost
),

lost as (
    select
        customer_id,
        ended_at,
        sum(mrr_lost) as mrr_lost,
        min(case when place = 1 then churn_type end) as churn_type,
        min(case when place = 1 then reason_code end) as reason_code,
        min(case when place = 1 then classification_rule end) as classification_rule
    from ends
    group by customer_id, ended_at
)

select
    coalesce(lost.customer_id, events.customer_id) as customer_id,
    coalesce(lost.ended_at, events.churned_at) as ended_at,
    lost.mrr_lost,
    events.mrr_lost as mrr_lost_of_customer,
    lost.churn_type,
    events.churn_type as churn_type_of_customer
from lost
full outer join {{ ref("fct_churn_events") }} as events
    on lost.customer_id = events.customer_id and lost.ended_at = events.churned_at
where
    lost.customer_id is null
    or events.customer_id is null
    or lost.mrr_lost <> events.mrr_lost
    or lost.churn_type <> events.churn_type
    or lost.classification_rule <> events.classification_rule
    or (lost.reason_code is distinct from events.reason_code)
