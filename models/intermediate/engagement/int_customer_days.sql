{#-
    What a customer was at the end of each day on which its trials, subscriptions, failed payments or ending terms changed,
    in the reporting timezone; before the first of them, what is known of it since it was recorded.
-#}
{%- set measures = ["trials", "subscriptions", "live_subscriptions", "open_failures", "ending_terms"] -%}
with ending as (
    -- from so many days before its last day on, unless it was renewed or ended before
    select
        terms.customer_id,
        greatest(
            terms.began_on, cast({{ dbt.dateadd("day", "-cast(before.value as integer)", "terms.ends_on") }} as date)
        ) as from_on,
        {{ reporting_date("terms.next_at") }} as until_on
    from {{ ref("int_subscription_terms") }} as terms
    inner join {{ ref("thresholds") }} as before
        on before.threshold = 'renewal_stage_days'
),

stretches as (
    select
        customer_id,
        {{ reporting_date("valid_from") }} as from_on,
        {{ reporting_date("valid_to") }} as until_on,
        case when state = 'trialing' then 1 else 0 end as trials,
        case when is_active then 1 else 0 end as subscriptions,
        case when is_active and state = 'live' then 1 else 0 end as live_subscriptions,
        0 as open_failures,
        0 as ending_terms
    from {{ ref("int_subscription_states") }}
    where is_active or state = 'trialing'
    union all
    select
        customer_id,
        failed_on as from_on,
        {{ reporting_date("ended_at") }} as until_on,
        0 as trials,
        0 as subscriptions,
        0 as live_subscriptions,
        1 as open_failures,
        0 as ending_terms
    from {{ ref("int_payment_failures") }}
    union all
    select
        customers.customer_id,
        {{ reporting_date("customers.created_at") }} as from_on,
        cast(null as date) as until_on,
        0 as trials,
        0 as subscriptions,
        0 as live_subscriptions,
        0 as open_failures,
        0 as ending_terms
    from {{ ref("int_customers") }} as customers
    inner join {{ ref("int_report_moment") }} as moment
        on customers.created_at <= moment.as_of
    union all
    select
        ending.customer_id,
        ending.from_on,
        ending.until_on,
        0 as trials,
        0 as subscriptions,
        0 as live_subscriptions,
        0 as open_failures,
        1 as ending_terms
    from ending
    inner join {{ ref("int_report_moment") }} as moment
        on ending.from_on <= moment.as_of_on
    where ending.until_on is null or ending.from_on < ending.until_on
),

changes as (
    select
        customer_id,
        {{ measures | join(",\n        ") }},
        from_on as changed_on
    from stretches
    union all
    select
        customer_id,
        {%- for measure in measures %}
        -{{ measure }} as {{ measure }},
        {%- endfor %}
        until_on as changed_on
    from stretches
    where until_on is not null
),

days as (
    select
        customer_id,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        changed_on
    from changes
    group by customer_id, changed_on
),

ends as (
    select
        customer_id,
        changed_on,
        lead(changed_on) over (partition by customer_id order by changed_on) as next_changed_on,
        sum(trials) over until_here > 0 as is_on_trial,
        sum(subscriptions) over until_here > 0 as is_customer,
        sum(live_subscriptions) over until_here > 0 as is_live,
        sum(open_failures) over until_here > 0 as is_past_due,
        sum(ending_terms) over until_here > 0 as is_renewal_due
    from days
    window until_here as (partition by customer_id order by changed_on rows unbounded preceding)
),

turns as (
    select
        *,
        is_customer and not coalesce(lag(is_customer) over (partition by customer_id order by changed_on), false) as has_joined
    from ends
)

select
    customer_id,
    changed_on,
    next_changed_on,
    is_on_trial,
    is_customer,
    is_live,
    is_past_due,
    is_renewal_due,
    -- at all until then
    min(case when is_on_trial or is_customer then changed_on end) over until_here as first_joined_on,
    min(case when has_joined then changed_on end) over until_here as first_customer_on,
    max(case when has_joined then changed_on end) over until_here as customer_since
from turns
window until_here as (partition by customer_id order by changed_on rows unbounded preceding)
