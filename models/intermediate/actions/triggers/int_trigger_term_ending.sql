{#-
    A term of a quarter or longer ends within so many days: from then until it is renewed or ended, or until its last day is
    over. A term begins with a start or a renewal and is as long as the billing interval that was last given with an amount.
    The landed events are read, as renewals that change nothing end at their sort.
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
),

ending as (
    select
        lengths.*,
        plays.trigger_code,
        plays.threshold,
        cast({{ dbt.dateadd("day", "lengths.days", dbt.dateadd("month", "lengths.months", "lengths.began_on")) }} as date) as ends_on
    from lengths
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'term_ending'
),

timed as (
    select
        trigger_code,
        subscription_id,
        greatest({{ reporting_midnight(dbt.dateadd("day", "-cast(threshold as integer)", "ends_on")) }}, occurred_at) as began_at,
        least(next_at, {{ reporting_midnight(dbt.dateadd("day", 1, "ends_on")) }}) as ended_at
    from ending
)

select
    timed.trigger_code,
    states.customer_id,
    timed.began_at,
    timed.ended_at,
    {{ as_double("states.mrr") }} as value
from timed
inner join {{ ref("int_subscription_states") }} as states
    on
        timed.subscription_id = states.subscription_id
        and timed.began_at >= states.valid_from
        and coalesce(timed.began_at < states.valid_to, true)
where timed.began_at < timed.ended_at and states.is_active
