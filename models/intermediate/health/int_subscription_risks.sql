{#-
    What puts each subscription at risk at the end of a day of scoring, by what had happened until then: each risk that it
    has, and the first of them by the order of the seed, under which it is counted once.
-#}
with subscriptions as (
    select * from {{ ref("int_subscriptions_at_scores") }}
),

conditions as (
    select
        subscriptions.subscription_id,
        subscriptions.scored_on,
        'cancel_pending' as condition,
        {{ dbt.datediff(reporting_date("requests.requested_at"), "subscriptions.scored_on", "day") }} as days
    from subscriptions
    inner join {{ ref("int_cancel_requests") }} as requests
        on
            subscriptions.subscription_id = requests.subscription_id
            and subscriptions.scored_on >= {{ reporting_date("requests.requested_at") }}
            and coalesce(subscriptions.scored_on < {{ reporting_date("requests.settled_at") }}, true)
    union all
    select
        subscriptions.subscription_id,
        subscriptions.scored_on,
        'past_due' as condition,
        {{ dbt.datediff("failures.failed_on", "subscriptions.scored_on", "day") }} as days
    from subscriptions
    inner join {{ ref("int_payment_failures") }} as failures
        on
            subscriptions.subscription_id = failures.subscription_id
            and subscriptions.scored_on >= failures.failed_on
            and coalesce(subscriptions.scored_on < {{ reporting_date("failures.ended_at") }}, true)
    union all
    select
        subscription_id,
        scored_on,
        'paused' as condition,
        0 as days
    from subscriptions
    where state = 'paused'
    union all
    select
        subscriptions.subscription_id,
        subscriptions.scored_on,
        'term_ends' as condition,
        {{ dbt.datediff("subscriptions.scored_on", "terms.ends_on", "day") }} as days
    from subscriptions
    inner join {{ ref("int_subscription_terms") }} as terms
        on
            subscriptions.subscription_id = terms.subscription_id
            and subscriptions.scored_on >= terms.began_on
            and coalesce(subscriptions.scored_on < {{ reporting_date("terms.next_at") }}, true)
    union all
    select
        subscriptions.subscription_id,
        subscriptions.scored_on,
        'red_health' as condition,
        0 as days
    from subscriptions
    inner join {{ ref("int_health_scores") }} as scores
        on subscriptions.customer_id = scores.customer_id and subscriptions.scored_on = scores.scored_on
    where scores.health_band = 'red'
),

found as (
    select
        conditions.subscription_id,
        conditions.scored_on,
        risks.risk,
        min(risks.risk_order) as risk_order
    from conditions
    inner join {{ ref("mrr_risks") }} as risks
        on
            conditions.condition = risks.condition
            and conditions.days >= risks.from_days
            and coalesce(conditions.days <= risks.to_days, true)
    group by conditions.subscription_id, conditions.scored_on, risks.risk
),

with_risks as (
    select
        subscriptions.*,
        coalesce(found.risk, 'not_at_risk') as risk,
        found.risk is not null as is_at_risk,
        found.risk_order
    from subscriptions
    left join found
        on subscriptions.subscription_id = found.subscription_id and subscriptions.scored_on = found.scored_on
)

select
    with_risks.scored_on,
    with_risks.subscription_id,
    with_risks.risk,
    with_risks.customer_id,
    with_risks.is_at_risk,
    row_number() over (
        partition by with_risks.scored_on, with_risks.subscription_id order by with_risks.risk_order, with_risks.risk
    ) = 1 as is_first,
    row_number() over (
        partition by with_risks.scored_on, with_risks.customer_id
        -- a subscription without a risk comes last
        order by
            case when with_risks.is_at_risk then 0 else 1 end,
            with_risks.risk_order,
            with_risks.risk,
            with_risks.subscription_id
    ) = 1 as is_first_of_customer,
    with_risks.mrr,
    with_risks.lost_within_days,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    with_risks.plan_id as plan
from with_risks
inner join {{ ref("int_customers") }} as customers
    on with_risks.customer_id = customers.customer_id
