{#-
    What each contract came to. It is renewed by the contract that starts nearest to its last day, at most
    `renewal_grace_days` before or after; several that start on that day renew it together. One that takes the place of
    several counts for each in equal parts, so that their sum is what was signed.
-#}
with nearest as (
    select
        contracts.contract_id,
        following.contract_id as next_contract_id,
        following.starts_on as next_starts_on,
        following.known_on as next_known_on,
        following.arr as next_arr,
        -- whoever does not say when it was signed is in time with a term that follows the next day
        coalesce(following.signed_on, cast({{ dbt.dateadd("day", -1, "following.starts_on") }} as date)) as renewed_on,
        rank() over (
            partition by contracts.contract_id
            order by abs({{ dbt.datediff("contracts.ends_on", "following.starts_on", "day") }}), following.starts_on
        ) as place
    from {{ ref("int_contracts") }} as contracts
    inner join {{ ref("int_contracts") }} as following
        on
            contracts.customer_id = following.customer_id
            and contracts.starts_on < following.starts_on
            and contracts.ends_on < following.ends_on
            and coalesce(contracts.subscription_id = following.subscription_id, true)
    inner join {{ ref("thresholds") }} as grace
        on
            grace.threshold = 'renewal_grace_days'
            and abs({{ dbt.datediff("contracts.ends_on", "following.starts_on", "day") }}) <= grace.value
),

shared as (
    select
        *,
        count(*) over (partition by next_contract_id) as parts
    from nearest
    where place = 1
),

renewals as (
    select
        contract_id,
        min(next_starts_on) as next_starts_on,
        min(next_known_on) as next_known_on,
        min(renewed_on) as renewed_on,
        sum(case when parts = 1 then next_arr else {{ exact_share("next_arr", "parts") }} end) as arr_renewed
    from shared
    group by contract_id
),

outcomes as (
    select
        contracts.*,
        renewals.next_starts_on,
        renewals.next_known_on,
        renewals.renewed_on,
        cast(coalesce(renewals.arr_renewed, 0) as decimal(38, 6)) as arr_renewed,
        case
            when renewals.contract_id is not null then 'renewed'
            when {{ dbt.datediff("contracts.ends_on", "moment.as_of_on", "day") }} > grace.value then 'lost'
            when moment.as_of_on > contracts.ends_on and contracts.action_at_end = 'cancel' then 'lost'
            else 'open'
        end as outcome
    from {{ ref("int_contracts") }} as contracts
    inner join {{ ref("thresholds") }} as grace
        on grace.threshold = 'renewal_grace_days'
    cross join {{ ref("int_report_moment") }} as moment
    left join renewals
        on contracts.contract_id = renewals.contract_id
)

select
    outcomes.contract_id,
    outcomes.customer_id,
    outcomes.starts_on,
    outcomes.ends_on,
    outcomes.known_on,
    outcomes.action_at_end,
    outcomes.next_starts_on,
    outcomes.next_known_on,
    outcomes.outcome,
    case
        when outcomes.outcome = 'renewed'
            then greatest({{ dbt.datediff("outcomes.ends_on", "outcomes.renewed_on", "day") }}, 0)
    end as days_late,
    outcomes.outcome = 'renewed'
    and coalesce(outcomes.auto_renews, false)
    and coalesce(outcomes.action_at_end, 'renew') = 'renew' as is_auto_renewed,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    outcomes.arr,
    outcomes.arr_renewed
from outcomes
left join {{ ref("int_customers") }} as customers
    on outcomes.customer_id = customers.customer_id
