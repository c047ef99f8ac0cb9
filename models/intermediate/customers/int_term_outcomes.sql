{#-
    What each term came to. A renewal or an end decides it where it comes within `renewal_grace_days` after the last day;
    what is still active after those went on. A term that went on from the one before is one of its own only then: until
    then the event that is late is about the one before.
-#}
with terms as (
    select
        terms.*,
        moment.as_of,
        moment.as_of_on,
        {{ reporting_date("terms.renewed_at") }} as renewed_on,
        {{ reporting_date("terms.ended_at") }} as ended_on,
        cast({{ dbt.dateadd("day", "cast(grace.value as integer)", "terms.rolled_over_on") }} as date) as begins_after,
        cast({{ dbt.dateadd("day", "cast(grace.value as integer)", "terms.ends_on") }} as date) as decided_by
    from {{ ref("int_subscription_terms") }} as terms
    inner join {{ ref("thresholds") }} as grace
        on grace.threshold = 'renewal_grace_days'
    cross join {{ ref("int_report_moment") }} as moment
),

outcomes as (
    select
        *,
        case
            when renewed_on <= decided_by then 'renewed'
            when ended_on <= decided_by then 'lost'
            when as_of_on > decided_by then 'rolled_over'
            else 'open'
        end as outcome
    from terms
    where rolled_over_on is null or begins_after < least(renewed_on, ended_on, as_of_on)
),

settled as (
    select
        *,
        case outcome
            when 'renewed' then renewed_at
            when 'lost' then ended_at
            when 'rolled_over' then {{ reporting_midnight(dbt.dateadd("day", 1, "ends_on")) }}
        end as settled_at
    from outcomes
),

around as (
    -- what the subscription was just before the moment, and from it on
    select
        settled.subscription_id,
        settled.began_at,
        max(case when states.valid_from < settled.settled_at or settled.outcome = 'open' then states.plan_id end) as plan_id,
        sum(case when states.valid_from < settled.settled_at or settled.outcome = 'open' then states.mrr else 0 end) as mrr_due,
        sum(
            case when states.valid_to is null or states.valid_to > settled.settled_at then states.mrr else 0 end
        ) as mrr_after
    from settled
    inner join {{ ref("int_subscription_states") }} as states
        on
            settled.subscription_id = states.subscription_id
            and states.valid_from <= coalesce(settled.settled_at, settled.as_of)
            and (
                states.valid_to is null
                or states.valid_to > coalesce(settled.settled_at, settled.as_of)
                or settled.settled_at = states.valid_to
            )
    group by settled.subscription_id, settled.began_at
)

select
    settled.subscription_id,
    settled.customer_id,
    settled.began_at,
    settled.ends_on,
    settled.outcome,
    settled.settled_at,
    case when settled.outcome = 'renewed' then greatest({{ dbt.datediff("settled.ends_on", "settled.renewed_on", "day") }}, 0) end
        as days_late,
    settled.outcome = 'lost' and replacements.subscription_id is not null as is_replaced,
    cast(around.mrr_due as decimal(38, 6)) as mrr_due,
    cast(case when settled.outcome in ('renewed', 'rolled_over') then around.mrr_after else 0 end as decimal(38, 6)) as mrr_renewed,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    around.plan_id as plan
from settled
inner join around
    on settled.subscription_id = around.subscription_id and settled.began_at = around.began_at
inner join {{ ref("int_customers") }} as customers
    on settled.customer_id = customers.customer_id
left join {{ ref("int_subscription_replacements") }} as replacements
    on settled.subscription_id = replacements.subscription_id and settled.ended_at = replacements.ended_at
