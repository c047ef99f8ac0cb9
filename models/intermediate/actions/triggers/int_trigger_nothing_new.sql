{#-
    A paying customer whose MRR has not changed, and that has taken up no new feature, for longer than so many months: silent
    churn, as fct_silent_churn has it at as_of. It ends with the next of either.
-#}
with steps as (
    select
        customer_id,
        changed_on as happened_on,
        mrr - previous_mrr as mrr_change
    from {{ ref("int_customer_changes") }}
    where mrr <> previous_mrr or (is_active and not was_active)
    union all
    select
        customer_id,
        first_used_on as happened_on,
        0 as mrr_change
    from {{ ref("int_feature_adoptions") }}
),

-- what nobody does is not recorded rather than not done
recorded as (
    select min(first_used_on) as since_on from {{ ref("int_feature_adoptions") }}
),

days as (
    select
        customer_id,
        happened_on,
        sum(mrr_change) as mrr_change
    from steps
    group by customer_id, happened_on
),

quiet as (
    select
        days.customer_id,
        greatest(days.happened_on, recorded.since_on) as since_on,
        lead(days.happened_on) over (partition by days.customer_id order by days.happened_on) as until_on,
        sum(days.mrr_change) over (partition by days.customer_id order by days.happened_on rows unbounded preceding) as mrr
    from days
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
    {{ reporting_midnight("until_on") }} as ended_at,
    {{ as_double("mrr") }} as value
from lasting
where coalesce(from_on < until_on, true)
