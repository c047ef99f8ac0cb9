{#- How long nobody had contacted a scored customer, beside how often its stage asks for it. -#}
with contacts as (
    select distinct
        customer_id,
        {{ reporting_date("contacted_at") }} as contacted_on
    from {{ ref("int_contacts") }}
    -- nobody talks to the control group
    where not is_control
),

last_contacts as (
    select
        ordered.customer_id,
        dates.scored_on,
        ordered.contacted_on
    from (
        select
            *,
            lead(contacted_on) over (partition by customer_id order by contacted_on) as next_contacted_on
        from contacts
    ) as ordered
    inner join {{ ref("int_score_dates") }} as dates
        on
            ordered.contacted_on <= dates.scored_on
            and coalesce(ordered.next_contacted_on > dates.scored_on, true)
),

staged as (
    select
        scored.customer_id,
        scored.scored_on,
        {{ dbt.datediff("scored.customer_since", "scored.scored_on", "day") }} as tenure_days,
        -- who has just become a customer has been talked to
        {{ dbt.datediff("greatest(scored.customer_since, last_contacts.contacted_on)", "scored.scored_on", "day") }}
            as days_since_contact,
        case
            when {{ dbt.datediff("scored.customer_since", "scored.scored_on", "day") }} >= onboarding.value then 'established'
            when scored.customer_since > spells.started_on then 'returned'
            else 'onboarding'
        end as stage
    from {{ ref("int_scored_customers") }} as scored
    inner join {{ ref("int_first_spells") }} as spells
        on scored.customer_id = spells.customer_id
    inner join {{ ref("int_recorded_since") }} as recorded
        on scored.scored_on >= recorded.contacts_since
    inner join {{ ref("thresholds") }} as onboarding
        on onboarding.threshold = 'onboarding_days'
    left join last_contacts
        on scored.customer_id = last_contacts.customer_id and scored.scored_on = last_contacts.scored_on
),

cadences as (
    select
        stage,
        from_tenure_days,
        cadence_days,
        lead(from_tenure_days) over (partition by stage order by from_tenure_days) as until_tenure_days
    from {{ ref("contact_cadences") }}
)

select
    staged.customer_id,
    staged.scored_on,
    staged.days_since_contact,
    cadences.cadence_days,
    {{ ratio("staged.days_since_contact", "cadences.cadence_days") }} as contact_cadences
from staged
inner join cadences
    on
        staged.stage = cadences.stage
        and staged.tenure_days >= cadences.from_tenure_days
        and coalesce(staged.tenure_days < cadences.until_tenure_days, true)
