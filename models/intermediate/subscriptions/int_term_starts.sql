{#-
    Where terms of `contract_term_months` or longer begin by an event: a start, a renewal, or a change to an interval of
    another length. A term is as long as the interval that was last given with an amount. The landed events are read, as
    renewals that change nothing end at their sort.
-#}
{%- set begins = "event_type in ('started', 'reactivated', 'renewed')" -%}
{%- set own_length = interval_length("events.billing_interval", "coalesce(events.billing_interval_count, 1)") -%}
{%- set least_length = interval_length("'month'", "least_term.value") -%}
with long_terms as (
    select distinct events.subscription_id
    from {{ ref("int_lifecycle_events") }} as events
    inner join {{ ref("thresholds") }} as least_term
        on least_term.threshold = 'contract_term_months'
    where {{ own_length }} >= {{ least_length }}
),

events as (
    select
        events.subscription_id,
        events.event_type,
        events.occurred_at,
        case when events.amount is not null and {{ gives_terms("events.event_type") }} then coalesce(events.billing_interval, 'month') end
            as interval_given,
        case when events.amount is not null and {{ gives_terms("events.event_type") }} then coalesce(events.billing_interval_count, 1) end
            as count_given,
        row_number() over (partition by events.subscription_id order by events.occurred_at, events.event_id) as event_number
    from {{ ref("int_lifecycle_events") }} as events
    inner join long_terms
        on events.subscription_id = long_terms.subscription_id
    inner join {{ ref("int_report_moment") }} as moment
        on coalesce(events.occurred_at <= moment.as_of, false)
),

given as (
    select
        *,
        {{ last_given("interval_given", "event_number", "text") }} as billing_interval,
        {{ last_given("count_given", "event_number", "bigint") }} as billing_interval_count
    from events
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

lengths as (
    select
        *,
        {{ interval_length("billing_interval", "billing_interval_count") }} as term_length,
        lag({{ interval_length("billing_interval", "billing_interval_count") }}) over (
            partition by subscription_id order by event_number
        ) as previous_length
    from given
),

begun as (
    -- of several events at one instant the last one says how long the term is
    select
        *,
        row_number() over (partition by subscription_id, occurred_at order by event_number desc) as place
    from lengths
    where {{ begins }} or (event_type = 'changed' and term_length is distinct from previous_length)
),

starts as (
    -- what starts a subscription that is not active after the instant begins no term
    select
        begun.*,
        spells.customer_id,
        spells.ended_at,
        lead(begun.occurred_at) over (
            partition by begun.subscription_id, spells.began_at order by begun.occurred_at
        ) as renewed_at
    from begun
    inner join {{ ref("int_subscription_spells") }} as spells
        on
            begun.subscription_id = spells.subscription_id
            and begun.occurred_at >= spells.began_at
            and coalesce(begun.occurred_at < spells.ended_at, true)
    where begun.place = 1
)

select
    starts.subscription_id,
    starts.customer_id,
    starts.occurred_at as began_at,
    starts.term_length,
    cast(
        starts.billing_interval_count
        * case starts.billing_interval when 'year' then 12 when 'quarter' then 3 when 'month' then 1 else 0 end
        as integer
    ) as months,
    cast(
        starts.billing_interval_count * case starts.billing_interval when 'week' then 7 when 'day' then 1 else 0 end as integer
    ) as days,
    starts.renewed_at,
    starts.ended_at
from starts
inner join {{ ref("thresholds") }} as least_term
    on least_term.threshold = 'contract_term_months'
where starts.term_length >= {{ least_length }}
