{#- The product was not used for so many days: the last day of use is so long ago. -#}
select
    plays.trigger_code,
    gaps.customer_id,
    {{ reporting_midnight(dbt.dateadd("day", "cast(plays.threshold as integer)", "gaps.unused_since")) }} as began_at,
    coalesce({{ reporting_midnight("gaps.used_again_on") }}, gaps.lost_at) as ended_at,
    {{ as_double("plays.threshold") }} as value
from {{ ref("int_use_gaps") }} as gaps
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'days_without_use' and gaps.days >= plays.threshold
