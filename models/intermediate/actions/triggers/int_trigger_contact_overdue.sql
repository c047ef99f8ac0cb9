{#-
    Nobody contacted a customer for longer than the cadence of its stage (seed contact_cadences). The first contact is asked
    for from when it became a customer, or from when anybody's contacts are known.
-#}
with contacts as (
    select
        customer_id,
        contacted_at
    from {{ ref("int_contacts") }}
    -- nobody talks to the control group
    where not is_control
),

recorded as (
    select min(contacted_at) as since_at from contacts
),

spells as (
    select
        spells.customer_id,
        spells.began_at,
        spells.ended_at,
        greatest(spells.began_at, recorded.since_at) as since_at,
        row_number() over (partition by spells.customer_id order by spells.began_at) as spell_number
    from {{ ref("int_customer_spells") }} as spells
    inner join recorded
        on recorded.since_at is not null
),

points as (
    select
        customer_id,
        began_at,
        since_at as happened_at
    from spells
    where coalesce(since_at < ended_at, true)
    union
    select
        spells.customer_id,
        spells.began_at,
        contacts.contacted_at as happened_at
    from spells
    inner join contacts
        on
            spells.customer_id = contacts.customer_id
            and spells.began_at <= contacts.contacted_at
            and coalesce(spells.ended_at > contacts.contacted_at, true)
),

gaps as (
    select
        customer_id,
        began_at,
        {{ reporting_date("happened_at") }} as since_on,
        lead(happened_at) over (partition by customer_id, began_at order by happened_at) as next_at
    from points
),

cadences as (
    -- the first stage lasts as long as the onboarding
    select
        cadences.stage,
        cadences.cadence_days,
        case
            when cadences.stage = 'established' then greatest(cadences.from_tenure_days, onboarding.value)
            else cadences.from_tenure_days
        end as from_days,
        coalesce(
            lead(cadences.from_tenure_days) over (partition by cadences.stage order by cadences.from_tenure_days),
            case when cadences.stage <> 'established' then onboarding.value end
        ) as until_days
    from {{ ref("contact_cadences") }} as cadences
    inner join {{ ref("thresholds") }} as onboarding
        on onboarding.threshold = 'onboarding_days'
),

stages as (
    select
        spells.customer_id,
        spells.began_at,
        spells.ended_at,
        cadences.cadence_days,
        {{ dbt.dateadd("day", "cast(cadences.from_days as integer)", reporting_date("spells.began_at")) }} as from_on,
        {{ dbt.dateadd("day", "cast(cadences.until_days as integer)", reporting_date("spells.began_at")) }} as until_on
    from spells
    inner join cadences
        on cadences.stage = 'established' or cadences.stage = case when spells.spell_number = 1 then 'onboarding' else 'returned' end
),

overdue as (
    select
        plays.trigger_code,
        gaps.customer_id,
        stages.cadence_days,
        stages.ended_at,
        cast(
            greatest(stages.from_on, {{ dbt.dateadd("day", "cast(stages.cadence_days + 1 as integer)", "gaps.since_on") }}) as date
        ) as from_on,
        stages.until_on,
        gaps.next_at
    from gaps
    inner join stages
        on gaps.customer_id = stages.customer_id and gaps.began_at = stages.began_at
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'contact_overdue'
),

timed as (
    select
        trigger_code,
        customer_id,
        cadence_days,
        {{ reporting_midnight("from_on") }} as began_at,
        least({{ reporting_midnight("until_on") }}, next_at, ended_at) as ended_at
    from overdue
)

select
    trigger_code,
    customer_id,
    began_at,
    ended_at,
    {{ as_double("cadence_days") }} as value
from timed
where coalesce(began_at < ended_at, true)
