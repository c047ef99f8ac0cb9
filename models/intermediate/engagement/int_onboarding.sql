{#-
    One row per customer and milestone: when it was reached after joining, whether the time to see it has passed, and what
    became of the customers that had it due. Judged at the due date, not at the moment of reaching it: who reaches a
    milestone late has stayed until then, which says nothing of the milestone.
-#}
with joined as (
    select
        customer_id,
        min(valid_from) as joined_at
    from {{ ref("int_subscription_states") }}
    where state = 'trialing' or is_active
    group by customer_id
),

milestones as (
    select
        milestones.customer_id,
        milestones.milestone,
        joined.joined_at,
        {{ reporting_date("joined.joined_at") }} as joined_on,
        case when milestones.due_at <= moment.as_of then milestones.due_at end as due_at,
        case when milestones.reached_at <= moment.as_of then milestones.reached_at end as reached_at,
        moment.as_of
    from {{ ref("stg_product__onboarding_milestones") }} as milestones
    inner join joined
        on milestones.customer_id = joined.customer_id
    cross join {{ ref("int_report_moment") }} as moment
),

losses as (
    select
        milestones.customer_id,
        milestones.milestone,
        count(*) as losses
    from milestones
    inner join {{ ref("int_churn_events") }} as churn_events
        on
            milestones.customer_id = churn_events.customer_id
            and milestones.due_at < churn_events.churned_at
            and {{ days_later("milestones.due_at", 90) }} >= churn_events.churned_at
    group by milestones.customer_id, milestones.milestone
),

judged as (
    select
        milestones.customer_id,
        milestones.milestone,
        coalesce(losses.losses, 0) > 0 as is_lost
    from milestones
    inner join {{ ref("int_customer_changes") }} as changes
        on
            milestones.customer_id = changes.customer_id
            and milestones.due_at >= changes.changed_at
            and milestones.due_at < coalesce(changes.next_changed_at, timestamp '9999-12-31')
            and changes.is_active
    left join losses
        on milestones.customer_id = losses.customer_id and milestones.milestone = losses.milestone
    where {{ days_later("milestones.due_at", 90) }} <= milestones.as_of
)

select
    milestones.customer_id,
    milestones.milestone,
    cast({{ dbt.date_trunc("month", "milestones.joined_on") }} as date) as cohort_start,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    milestones.due_at is not null as is_due,
    coalesce(milestones.reached_at <= milestones.due_at, false) as is_in_time,
    -- what was done before joining took no time
    case
        when milestones.reached_at is not null
            then greatest({{ as_double(seconds_between("milestones.joined_at", "milestones.reached_at")) }} / 86400, 0)
    end as days_to_reach,
    {{ whole_days("milestones.joined_at", "milestones.as_of") }} as days_seen,
    judged.is_lost as is_lost_in_90_days
from milestones
inner join {{ ref("int_customers") }} as customers
    on milestones.customer_id = customers.customer_id
left join judged
    on milestones.customer_id = judged.customer_id and milestones.milestone = judged.milestone
