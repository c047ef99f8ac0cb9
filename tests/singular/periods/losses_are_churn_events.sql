-- What: the customers lost on a day are those with a churn event on it, in both directions.
-- When it fails: int_net_changes_this_run and int_churn_events see different losses on the day returned; usually an end that
--                int_subscription_ends does not find.
with lost as (
    select
        period_start as day,
        customers_lost
    from {{ ref("fct_segment_periods") }}
    where period_grain = 'day' and segment_type = 'all' and customers_lost > 0
),

events as (
    select
        churned_on as day,
        count(distinct customer_id) as customers_lost
    from {{ ref("int_churn_events") }}
    group by churned_on
)

select
    coalesce(lost.day, events.day) as day,
    lost.customers_lost,
    events.customers_lost as customers_with_churn_event
from lost
full outer join events on lost.day = events.day
where lost.customers_lost is distinct from events.customers_lost
