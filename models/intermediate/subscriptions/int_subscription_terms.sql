{#-
    Terms of a quarter or longer. A term begins with a start or a renewal and is as long as the billing interval that was
    last given with an amount. The landed events are read, as renewals that change nothing end at their sort.
-#}
{%- set begins = "event_type in ('started', 'reactivated', 'renewed')" -%}
{%- set quarter = interval_length("'quarter'", 1) -%}
with long_terms as (
    select distinct subscription_id
    from {{ ref("int_lifecycle_events") }}
    where {{ interval_length("billing_interval", "coalesce(billing_interval_count, 1)") }} >= {{ quarter }}
),

events as (
    select
        events.subscription_id,
        events.event_type,
        events.occurred_at,
        case when events.amount is not null then coalesce(events.billing_interval, 'month') end as interval_given,
        case when events.amount is not null then coalesce(events.billing_interval_count, 1) end as count_given,
        row_number() over (partition by events.subscription_id order by events.occurred_at, events.event_id) as event_number
    from {{ ref("int_lifecycle_events") }} as events
    inner join long_terms
        on events.subscription_id = long_terms.subscription_id
),

terms as (
    select
        *,
        {{ last_given("interval_given", "event_number", "text") }} as billing_interval,
        {{ last_given("count_given", "event_number", "bigint") }} as billing_interval_count
    from events
    window until_here as (partition by subscription_id order by event_number rows unbounded preceding)
),

turns as (
    select
        *,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_at
    from terms
    where {{ begins }} or event_type in ('cancelled', 'expired')
),

lengths as (
    select
        subscription_id,
        occurred_at,
        next_at,
        {{ reporting_date("occurred_at") }} as began_on,
        cast(
            billing_interval_count * case billing_interval when 'year' then 12 when 'quarter' then 3 when 'month' then 1 else 0 end
            as integer
        ) as months,
        cast(billing_interval_count * case billing_interval when 'week' then 7 when 'day' then 1 else 0 end as integer) as days
    from turns
    where {{ begins }} and {{ interval_length("billing_interval", "billing_interval_count") }} >= {{ quarter }}
)

select
    subscription_id,
    occurred_at as began_at,
    began_on,
    next_at,
    cast({{ dbt.dateadd("day", "days", dbt.dateadd("month", "months", "began_on")) }} as date) as ends_on
from lengths
