{#-
    A paying customer whose MRR has not changed, and that has taken up no new feature, for longer than so many months: silent
    churn, as fct_silent_churn has it at as_of. It ends with the next of either.
-#}
with steps as (
    select
        customer_id,
        changed_at as happened_at,
        mrr - previous_mrr as mrr_change
    from {{ ref("int_customer_changes") }}
    where mrr <> previous_mrr or (is_active and not was_active)
    union all
    select
        customer_id,
        {{ reporting_midnight("first_used_on") }} as happened_at,
        0 as mrr_change
    from {{ ref("int_feature_adoptions") }}
),

-- what nobody does is not recorded rather than not done
recorded as (
    select min(first_used_on) as since_on from {{ ref("int_feature_adoptions") }}
),

quiet as (
    select
        steps.customer_id,
        greatest({{ reporting_date("steps.happened_at") }}, recorded.since_on) as since_on,
        lead(steps.happened_at) over (partition by steps.customer_id order by steps.happened_at) as until_at,
        sum(steps.mrr_change) over (partition by steps.customer_id order by steps.happened_at rows unbounded preceding) as mrr
    from steps
    inner join recorded
        on recorded.since_on is not null
),

lasting as (
    -- the first day of which so many months before is a later one: months differ in length
    select
        quiet.*,
        plays.trigger_code,
        greatest(
            cast({{ dbt.dateadd("day", 1, dbt.dateadd("month", "cast(months.value as integer)", "quiet.since_on")) }} as date),
            cast({{ dbt.dateadd("month", "cast(months.value as integer)", dbt.dateadd("day", 1, "quiet.since_on")) }} as date)
        ) as from_on
    from quiet
    inner join {{ ref("playbook") }} as plays
        on plays.condition = 'nothing_new'
    inner join {{ ref("thresholds") }} as months
        on months.threshold = 'silent_churn_months'
    where quiet.mrr > 0
)

select
    trigger_code,
    customer_id,
    {{ reporting_midnight("from_on") }} as began_at,
    until_at as ended_at,
    {{ as_double("mrr") }} as value
from lasting
where coalesce({{ reporting_midnight("from_on") }} < until_at, true)
