{#- The use of all who joined in the same month fell, beyond chance: judged when a month is over, for the month after it. -#}
select
    plays.trigger_code,
    spells.customer_id,
    {{ reporting_midnight(dbt.dateadd("month", 1, "cohorts.month_start")) }} as began_at,
    {{ reporting_midnight(dbt.dateadd("month", 2, "cohorts.month_start")) }} as ended_at,
    {{ as_double("cohorts.change") }} as value
from {{ ref("int_cohort_changes") }} as cohorts
inner join {{ ref("int_first_spells") }} as spells
    on cohorts.cohort_start = cast({{ dbt.date_trunc("month", "spells.started_on") }} as date)
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'cohort_declining'
where cohorts.segment_type = 'all' and cohorts.is_declining
