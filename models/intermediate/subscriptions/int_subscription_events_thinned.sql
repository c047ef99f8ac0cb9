{{ config(materialized="view") }}

{#-
    The one sort over all events. Most events of a subscription business are renewals that change nothing: a start or
    renewal that follows another one at once, with the same plan, product, amount and quantity or none. They go here, and what follows
    costs what the changes cost. A renewal after anything else stays: it may clear a failed payment or a cancel request;
    so does one in another currency, whose rate may have moved.

    The sort carries only what decides that; int_subscription_events_priced fetches the rest for what is left.
-#}

with events as (
    select *
    from {{ ref("int_lifecycle_events") }}
    where {{ is_touched("subscription_id", ref("int_touched_subscriptions")) }}
),

ranked as (
    select
        events.event_id,
        events.subscription_id,
        events.occurred_at,
        events.loaded_at,
        case events.event_type
            when 'trial_started' then 1
            when 'started' then 2
            when 'reactivated' then 2
            when 'renewed' then 3
            when 'resumed' then 4
            when 'changed' then 5
            when 'payment_failed' then 6
            when 'payment_recovered' then 7
            when 'paused' then 8
            when 'cancel_requested' then 9
            else 10
        end as rank_at_instant,
        case when {{ gives_terms("events.event_type") }} then events.plan_id end as plan_given,
        case when {{ gives_terms("events.event_type") }} then events.product_id end as product_given,
        case when {{ gives_terms("events.event_type") }} then events.amount end as amount_given,
        case when {{ gives_terms("events.event_type") }} then events.quantity end as quantity_given,
        -- one number to compare; none for another currency
        case
            when {{ foreign_currency("events.currency") }} is null
                then
                    coalesce(events.billing_interval_count, 1) * 10
                    + case events.billing_interval when 'day' then 1 when 'week' then 2 when 'quarter' then 3 when 'year' then 4 else 0 end
        end as billing_terms
    from events
    -- a bare comparison DuckDB takes to leave a row or two, and then hashes the events to find their rates
    inner join {{ ref("int_report_moment") }} as moment
        on coalesce(events.occurred_at <= moment.as_of, false)
),

ordered as (
    select
        *,
        row_number() over in_order as event_number,
        lag(rank_at_instant) over in_order as previous_rank,
        lag(plan_given) over in_order as previous_plan,
        lag(product_given) over in_order as previous_product,
        lag(amount_given) over in_order as previous_amount,
        lag(quantity_given) over in_order as previous_quantity,
        lag(billing_terms) over in_order as previous_terms,
        coalesce(lag(occurred_at) over in_order < occurred_at, true)
        and coalesce(lead(occurred_at) over in_order > occurred_at, true) as is_alone
    from ranked
    window in_order as (partition by subscription_id order by occurred_at, rank_at_instant, loaded_at, event_id)
),

thinned as (
    select *
    from ordered
    where
        not (
            -- beside others of its instant it counts: as many starts as ends leave a subscription as it was
            is_alone
            and rank_at_instant in (2, 3)
            and coalesce(previous_rank in (2, 3), false)
            and coalesce(plan_given = previous_plan, plan_given is null)
            and coalesce(product_given = previous_product, product_given is null)
            and coalesce(quantity_given = previous_quantity, quantity_given is null)
            and (
                amount_given is null
                or coalesce(amount_given = previous_amount and billing_terms = previous_terms, false)
            )
        )
)

select
    event_id,
    subscription_id,
    occurred_at,
    event_number,
    rank_at_instant,
    case rank_at_instant
        when 1 then 'trial_started'
        when 2 then 'start'
        when 3 then 'renewed'
        when 4 then 'resumed'
        when 8 then 'paused'
        when 10 then 'end'
        else 'other'
    end as turn,
    is_alone
from thinned
