with last_states as (
    select * from {{ ref("int_subscription_states") }}
    where valid_to is null
),

lifetimes as (
    select
        subscription_id,
        min(case when is_active then valid_from end) as started_at
    from {{ ref("int_subscription_states") }}
    group by subscription_id
),

open_failures as (
    -- a failed payment since the last start that no recovery followed
    select
        subscription_id,
        max(case when event_type = 'payment_failed' then event_number end) as last_failure,
        max(case when event_type <> 'payment_failed' then event_number end) as last_settlement
    from {{ ref("int_subscription_event_states") }}
    where
        has_effect
        and event_type in ('payment_failed', 'payment_recovered', 'started', 'reactivated', 'renewed', 'cancelled', 'expired')
    group by subscription_id
),

open_requests as (
    select
        subscription_id,
        requested_at
    from {{ ref("int_cancel_requests") }}
    where settled_at is null
),

final as (
    select
        last_states.subscription_id,
        last_states.customer_id,
        last_states.plan_id,
        coalesce(last_states.event_product_id, plans.product_id) as product_id,
        lifetimes.started_at,
        case when last_states.state = 'ended' then {{ shown_time("last_states.valid_from") }} end as ended_at,
        case
            when last_states.state = 'live' and open_failures.last_failure > coalesce(open_failures.last_settlement, 0)
                then 'past_due'
            else last_states.state
        end as status,
        last_states.mrr,
        open_requests.requested_at as cancel_requested_at
    from last_states
    cross join {{ ref("int_report_moment") }} as moment
    inner join lifetimes on last_states.subscription_id = lifetimes.subscription_id
    left join {{ ref("dim_plans") }} as plans on last_states.plan_id = plans.plan_id
    left join open_failures on last_states.subscription_id = open_failures.subscription_id
    left join open_requests on last_states.subscription_id = open_requests.subscription_id
)

select * from final
