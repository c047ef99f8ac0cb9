with customers as (
    select * from {{ ref("int_customers") }}
),

last_changes as (
    select
        customer_id,
        is_active,
        mrr,
        plan_id,
        changed_at,
        became_customer_at
    from {{ ref("int_customer_changes") }}
    where next_changed_at is null
),

first_starts as (
    select
        customer_id,
        min(changed_at) as first_started_at
    from {{ ref("int_customer_changes") }}
    where is_active and not was_active
    group by customer_id
),

subscriptions as (
    -- a live one that makes no customer, as its plan is free, does not end the pause of one that does
    select
        subscriptions.customer_id,
        max(case when subscriptions.status = 'past_due' then 1 else 0 end) as past_due,
        max(case when subscriptions.status in ('live', 'past_due') and states.is_active then 1 else 0 end) as live,
        max(case when subscriptions.status = 'trialing' then 1 else 0 end) as trialing
    from {{ ref("dim_subscriptions") }} as subscriptions
    inner join {{ ref("int_subscription_states") }} as states
        on subscriptions.subscription_id = states.subscription_id
    where states.valid_to is null
    group by subscriptions.customer_id
),

orders as (
    select
        seen.customer_id,
        count(*) as orders
    from {{ ref("stg_orders__orders") }} as seen
    inner join {{ ref("int_report_moment") }} as moment
        on seen.ordered_at <= moment.as_of
    group by seen.customer_id
),

final as (
    select
        customers.customer_id,
        customers.created_at,
        customers.country,
        customers.customer_segment,
        customers.industry,
        customers.acquisition_channel,
        first_starts.first_started_at,
        case
            when last_changes.is_active and subscriptions.live = 0 then 'paused'
            when last_changes.is_active and subscriptions.past_due = 1 then 'past_due'
            when last_changes.is_active then 'active'
            when subscriptions.trialing = 1 then 'trialing'
            when first_starts.first_started_at is not null then 'churned'
            else 'never_subscribed'
        end as current_status,
        last_changes.plan_id as current_plan_id,
        coalesce(last_changes.mrr, 0) as current_mrr,
        {{ whole_days(
            "last_changes.became_customer_at",
            "case when last_changes.is_active then moment.as_of else last_changes.changed_at end",
        ) }} as tenure_days,
        orders.orders >= 2 as is_repeat_customer,
        customers.email_key
    from customers
    cross join {{ ref("int_report_moment") }} as moment
    left join last_changes on customers.customer_id = last_changes.customer_id
    left join first_starts on customers.customer_id = first_starts.customer_id
    left join subscriptions on customers.customer_id = subscriptions.customer_id
    left join orders on customers.customer_id = orders.customer_id
)

select * from final
