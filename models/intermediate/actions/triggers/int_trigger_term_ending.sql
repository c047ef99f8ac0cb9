{#-
    A term of a quarter or longer ends within so many days: from then until it is renewed or ended, or until its last day is
    over. A term begins with a start or a renewal and is as long as the billing interval that was last given with an amount.
-#}
{%- set terms = "event_type in ('started', 'reactivated', 'renewed')" -%}
with long_terms as (
    select distinct subscription_id
    from {{ ref("int_lifecycle_events") }}
    where {{ interval_length("billing_interval", "coalesce(billing_interval_count, 1)") }} >= {{ interval_length("'quarter'", 1) }}
),

events as (
    select
        counted.subscription_id,
        counted.customer_id,
        counted.event_number,
        counted.event_type,
        counted.occurred_at,
        {{ last_given("counted.mrr_given", "counted.event_number", "decimal(38, 6)") }} as mrr,
        {{ last_given(
            "case when counted.mrr_given is not null then coalesce(landed.billing_interval, 'month') end",
            "counted.event_number", "text"
        ) }} as billing_interval,
        {{ last_given(
            "case when counted.mrr_given is not null then coalesce(landed.billing_interval_count, 1) end",
            "counted.event_number", "bigint"
        ) }} as billing_interval_count
    from {{ ref("int_subscription_events_counted") }} as counted
    inner join long_terms
        on counted.subscription_id = long_terms.subscription_id
    inner join {{ ref("int_lifecycle_events") }} as landed
        on counted.event_id = landed.event_id
    where counted.has_effect
    window until_here as (partition by counted.subscription_id order by counted.event_number rows unbounded preceding)
),

turns as (
    select
        *,
        lead(occurred_at) over (partition by subscription_id order by event_number) as next_at
    from events
    where {{ terms }} or event_type in ('cancelled', 'expired')
),

lengths as (
    select
        *,
        {{ reporting_date("occurred_at") }} as began_on,
        cast(billing_interval_count * case billing_interval when 'year' then 12 when 'quarter' then 3 when 'month' then 1 else 0 end as integer)
            as months,
        cast(billing_interval_count * case billing_interval when 'week' then 7 when 'day' then 1 else 0 end as integer) as days
    from turns
    where
        {{ terms }}
        and {{ interval_length("billing_interval", "billing_interval_count") }} >= {{ interval_length("'quarter'", 1) }}
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
        customer_id,
        {{ reporting_midnight(dbt.dateadd("day", "-cast(threshold as integer)", "ends_on")) }} as began_at,
        least(next_at, {{ reporting_midnight(dbt.dateadd("day", 1, "ends_on")) }}) as ended_at,
        mrr
    from ending
)

select
    trigger_code,
    customer_id,
    began_at,
    ended_at,
    {{ as_double("mrr") }} as value
from timed
where began_at < ended_at
