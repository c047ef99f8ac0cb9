{#- One row per pause, however often plan or amount changed in it. Only subscriptions that ever paused are sorted. -#}
with pausing_subscriptions as (
    select distinct subscription_id
    from {{ ref("int_subscription_states") }}
    where state = 'paused'
),

stretches as (
    select
        states.*,
        lag(states.state) over (partition by states.subscription_id order by states.valid_from) as previous_state
    from {{ ref("int_subscription_states") }} as states
    inner join pausing_subscriptions
        on states.subscription_id = pausing_subscriptions.subscription_id
),

turns as (
    select
        *,
        lead(state) over (partition by subscription_id order by valid_from) as next_state,
        lead(valid_from) over (partition by subscription_id order by valid_from) as next_valid_from,
        min(case when state = 'ended' then valid_from end) over (
            partition by subscription_id order by valid_from desc
            rows between unbounded preceding and 1 preceding
        ) as next_end_at
    from stretches
    where state <> 'paused' or previous_state is distinct from 'paused'
)

select
    turns.subscription_id,
    turns.customer_id,
    turns.valid_from as paused_at,
    {{ reporting_date("turns.valid_from") }} as paused_on,
    turns.next_valid_from as ended_at,
    case turns.next_state when 'live' then 'resumed' when 'ended' then 'lost' else 'open' end as outcome,
    {{ whole_days("turns.valid_from", "turns.next_valid_from") }} as days_paused,
    -- judged only when it could be seen for long enough
    case
        when
            turns.next_state = 'live'
            and {{ whole_days("turns.next_valid_from", "moment.as_of") }} >= renewal.value
            then
                turns.next_end_at is null
                or {{ whole_days("turns.next_valid_from", "turns.next_end_at") }} >= renewal.value
    end as is_renewed,
    turns.previous_mrr as mrr_paused,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    turns.plan_id as plan
from turns
inner join {{ ref("int_customers") }} as customers
    on turns.customer_id = customers.customer_id
inner join {{ ref("thresholds") }} as renewal
    on renewal.threshold = 'pause_renewal_days'
cross join {{ ref("int_report_moment") }} as moment
where turns.state = 'paused'
