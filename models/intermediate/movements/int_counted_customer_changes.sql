{#- One row per definition of MRR, customer and instant at which the definition begins or ceases to count the customer. -#}
with changes as (
    select
        definition,
        customer_id,
        valid_from as changed_at,
        1 as direction,
        makes_customer,
        mrr
    from {{ ref("int_mrr_counted") }}
    where is_counted
    union all
    select
        definition,
        customer_id,
        valid_to as changed_at,
        -1 as direction,
        makes_customer,
        mrr
    from {{ ref("int_mrr_counted") }}
    where is_counted and valid_to is not null
),

deltas as (
    select
        definition,
        customer_id,
        changed_at,
        sum(direction) as subscriptions,
        sum(case when makes_customer then direction else 0 end) as subscriptions_of_customers,
        sum(direction * mrr) as mrr
    from changes
    group by definition, customer_id, changed_at
),

running as (
    select
        definition,
        customer_id,
        changed_at,
        sum(subscriptions) over until_here as subscriptions,
        sum(subscriptions_of_customers) over until_here as subscriptions_of_customers,
        sum(mrr) over until_here as mrr
    from deltas
    window until_here as (partition by definition, customer_id order by changed_at rows unbounded preceding)
),

payers as (
    select
        *,
        coalesce(
            max(mrr) over (partition by definition, customer_id order by changed_at rows unbounded preceding) > 0, false
        ) as has_paid
    from running
),

states as (
    select
        payers.*,
        definitions.reactivation_days,
        case definitions.free_customers
            when 'counted' then payers.subscriptions_of_customers > 0
            when 'once_paid' then payers.subscriptions > 0 and payers.has_paid
            else payers.mrr > 0
        end as is_active
    from payers
    inner join {{ ref("mrr_definitions") }} as definitions
        on payers.definition = definitions.definition
),

neighbours as (
    select
        *,
        coalesce(lag(is_active) over (partition by definition, customer_id order by changed_at), false) as was_active
    from states
),

turns as (
    select
        definition,
        customer_id,
        changed_at,
        {{ reporting_date("changed_at") }} as changed_on,
        is_active,
        reactivation_days,
        lag(changed_at) over (partition by definition, customer_id order by changed_at) as previous_changed_at
    from neighbours
    where is_active <> was_active
)

select
    definition,
    customer_id,
    changed_at,
    changed_on,
    is_active,
    -- before a start there was the loss, so the turn before says how long it was away
    is_active
    and (
        previous_changed_at is null
        or coalesce(changed_at > {{ days_later("previous_changed_at", "reactivation_days") }}, false)
    ) as is_new,
    lag(changed_on) over (partition by definition, customer_id order by changed_at) as previous_changed_on,
    lead(changed_on) over (partition by definition, customer_id order by changed_at) as next_changed_on
from turns
