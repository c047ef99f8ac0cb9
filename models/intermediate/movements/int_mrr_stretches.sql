{#-
    One row per stretch of a subscription in which it stays what definitions of MRR tell apart: its state, its amount, an open
    cancel request and an open payment failure. The amount is that of the last event that gave one, also on trial or paused.
-#}
with events as (
    select
        *,
        {{ last_given("mrr_given", "event_number", "decimal(38, 6)") }} as full_mrr,
        {{ last_given("case when mrr_given is not null then event_id end", "event_number", "text") }} as priced_by,
        max(case when has_effect and event_type = 'cancel_requested' then event_number else 0 end) over until_here as last_request,
        max(case when event_type in ('cancelled', 'expired') then event_number else 0 end) over until_here as last_end,
        -- a failure is open until the next of these
        max(
            case
                when event_type in ('payment_recovered', 'started', 'reactivated', 'renewed', 'cancelled', 'expired')
                    then event_number
                else 0
            end
        ) over until_here as last_settlement,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_occurred_at
    from {{ ref("int_subscription_events_counted") }}
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

failures as (
    select
        *,
        min(case when has_effect and event_type = 'payment_failed' then occurred_at end) over (
            partition by subscription_id, last_settlement order by event_number rows unbounded preceding
        ) as failed_at
    from events
),

instants as (
    -- all events of an instant count together
    select
        *,
        lead(occurred_at) over (partition by subscription_id order by occurred_at) as valid_to
    from failures
    where next_occurred_at is null or next_occurred_at > occurred_at
)

select
    instants.subscription_id,
    instants.occurred_at as valid_from,
    instants.valid_to,
    instants.customer_id,
    instants.state_after as state,
    {{ makes_customer("'live'", "instants.full_mrr") }} as is_paid_or_free_counts,
    cast(coalesce(instants.full_mrr, 0) as decimal(38, 6)) as mrr,
    instants.last_request > greatest(instants.last_start, instants.last_end) as is_cancel_pending,
    instants.failed_at,
    {{ foreign_currency("priced.currency") }} as currency,
    case when {{ foreign_currency("priced.currency") }} is not null then priced.amount end as amount,
    case when {{ foreign_currency("priced.currency") }} is not null then priced.billing_interval end as billing_interval,
    case when {{ foreign_currency("priced.currency") }} is not null then priced.billing_interval_count end as billing_interval_count
from instants
left join {{ ref("int_lifecycle_events") }} as priced
    on instants.priced_by = priced.event_id
where instants.state_after in ('trialing', 'live', 'paused')
