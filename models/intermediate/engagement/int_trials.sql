{#-
    One row per trial and what it came to. All events of an instant count together, so a subscription that is no longer on
    trial after the instant at which a trial began was on trial for that instant only.
-#}
with begun as (
    -- a trial that begins while another is on changes nothing: the one that is on is extended
    select
        subscription_id,
        customer_id,
        occurred_at as began_at
    from {{ ref("int_subscription_events_counted") }}
    where event_type = 'trial_started' and has_effect
    group by subscription_id, customer_id, occurred_at
),

at_the_beginning as (
    select
        begun.*,
        states.plan_id as plan_tried,
        states.is_active or states.state = 'ended' as is_over_at_once
    from begun
    inner join {{ ref("int_subscription_states") }} as states
        on
            begun.subscription_id = states.subscription_id
            and begun.began_at >= states.valid_from
            and coalesce(begun.began_at < states.valid_to, true)
    -- in an end that was no loss (switch_grace_minutes) there is no trial either
    where not states.is_active or (states.valid_from = begun.began_at and not states.was_active)
),

later_ends as (
    select
        trials.subscription_id,
        trials.began_at,
        min(states.valid_from) as over_at
    from at_the_beginning as trials
    inner join {{ ref("int_subscription_states") }} as states
        on trials.subscription_id = states.subscription_id and trials.began_at < states.valid_from
    where not trials.is_over_at_once and (states.is_active or states.state = 'ended')
    group by trials.subscription_id, trials.began_at
),

trials as (
    select
        trials.*,
        case when trials.is_over_at_once then trials.began_at else later_ends.over_at end as over_at
    from at_the_beginning as trials
    left join later_ends
        on trials.subscription_id = later_ends.subscription_id and trials.began_at = later_ends.began_at
),

conversions as (
    -- whatever the customer starts while the trial is on, or at the instant of its end, which is a switch
    select
        trials.subscription_id,
        trials.began_at,
        min(starts.valid_from) as converted_at,
        max(case when starts.plan_id is distinct from trials.plan_tried then 0 else 1 end) = 1 as is_plan_tried
    from trials
    inner join {{ ref("int_subscription_states") }} as starts
        on
            trials.customer_id = starts.customer_id
            and coalesce(trials.over_at >= starts.valid_from, true)
            and (
                trials.began_at < starts.valid_from
                or (trials.began_at = starts.valid_from and trials.subscription_id = starts.subscription_id)
            )
    where starts.is_active and not starts.was_active
    group by trials.subscription_id, trials.began_at
),

outcomes as (
    select
        trials.subscription_id,
        trials.customer_id,
        trials.began_at,
        trials.plan_tried,
        conversions.converted_at,
        conversions.is_plan_tried,
        case
            when conversions.converted_at is not null then 'converted'
            when trials.over_at is not null then 'lost'
            else 'open'
        end as outcome,
        coalesce(conversions.converted_at, trials.over_at) as decided_at,
        row_number() over (partition by trials.customer_id order by trials.began_at, trials.subscription_id) as trial_number
    from trials
    left join conversions
        on trials.subscription_id = conversions.subscription_id and trials.began_at = conversions.began_at
),

milestones as (
    select
        outcomes.subscription_id,
        outcomes.began_at,
        count(case when milestones.reached_at <= outcomes.decided_at then 1 end) as reached
    from outcomes
    inner join {{ ref("stg_product__onboarding_milestones") }} as milestones
        on outcomes.customer_id = milestones.customer_id
    group by outcomes.subscription_id, outcomes.began_at
)

select
    outcomes.subscription_id,
    outcomes.customer_id,
    outcomes.began_at,
    cast({{ dbt.date_trunc("month", reporting_date("outcomes.began_at")) }} as date) as month_start,
    outcomes.outcome,
    outcomes.decided_at,
    outcomes.trial_number > 1 as is_repeat,
    coalesce(outcomes.is_plan_tried, false) as is_plan_tried,
    {{ whole_days("outcomes.began_at", "outcomes.converted_at") }} as days_to_convert,
    {{ whole_days("outcomes.began_at", "moment.as_of") }} as days_seen,
    case when outcomes.outcome <> 'open' then milestones.reached end as milestones_reached,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    outcomes.plan_tried as plan
from outcomes
inner join {{ ref("int_customers") }} as customers
    on outcomes.customer_id = customers.customer_id
cross join {{ ref("int_report_moment") }} as moment
left join milestones
    on outcomes.subscription_id = milestones.subscription_id and outcomes.began_at = milestones.began_at
