{#- The seats that a customer paid for at the end of each day of scoring: those of its live subscriptions, else its plan's. -#}
with quantities as (
    -- a quantity holds until the next one is given
    select
        subscription_id,
        customer_id,
        state_after,
        {{ reporting_date("occurred_at") }} as from_on,
        {{ last_given("quantity_given", "event_number", "decimal(18, 6)") }} as quantity,
        lead({{ reporting_date("occurred_at") }}) over (partition by subscription_id order by event_number) as until_on
    from {{ ref("int_subscription_events_counted") }}
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

seats as (
    select
        quantities.customer_id,
        dates.scored_on,
        cast(sum(quantities.quantity) as decimal(38, 6)) as seats
    from quantities
    inner join {{ ref("int_score_dates") }} as dates
        on
            quantities.from_on <= dates.scored_on
            and coalesce(quantities.until_on > dates.scored_on, true)
    where quantities.state_after = 'live' and quantities.quantity is not null
    group by quantities.customer_id, dates.scored_on
)

select
    scored.customer_id,
    scored.scored_on,
    coalesce(seats.seats, plans.seat_limit) as seats_paid
from {{ ref("int_scored_customers") }} as scored
left join seats
    on scored.customer_id = seats.customer_id and scored.scored_on = seats.scored_on
left join {{ ref("stg_billing__plans") }} as plans
    on scored.plan_id = plans.plan_id
where coalesce(seats.seats, plans.seat_limit) is not null
