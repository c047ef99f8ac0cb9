{#-
    The use of the product fell by so many levels over three months, and rose in none of them: daily to weekly to monthly to
    none. It is judged when a month is over, and holds for the month after it.
-#}
{%- set ranks = {"daily": 3, "weekly": 2, "monthly": 1} -%}
with months as (
    select
        customer_id,
        month_start,
        case engagement_frequency
            {%- for name, rank in ranks.items() %}
            when '{{ name }}' then {{ rank }}
            {%- endfor %}
        end as level
    from {{ ref("int_engagement_months") }}
),

-- each month is also the one before and the one before that; who did not use it in a month has level 0
seen as (
    {%- for ago in [0, 1, 2] %}
    select
        customer_id,
        {%- for other in [0, 1, 2] %}
        {{ "level" if other == ago else "0" }} as level_{{ other }},
        {%- endfor %}
        cast({{ dbt.dateadd("month", ago, "month_start") }} as date) as month_start
    from months
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

levels as (
    select
        customer_id,
        month_start,
        max(level_0) as level_0,
        max(level_1) as level_1,
        max(level_2) as level_2
    from seen
    group by customer_id, month_start
),

-- a month of which nobody's use is known tells nobody apart
recorded as (
    select distinct months.month_start
    from months
    inner join {{ ref("int_report_moment") }} as moment
        on months.month_start < {{ dbt.date_trunc("month", "moment.as_of_on") }}
)

select
    plays.trigger_code,
    levels.customer_id,
    {{ reporting_midnight(dbt.dateadd("month", 1, "levels.month_start")) }} as began_at,
    {{ reporting_midnight(dbt.dateadd("month", 2, "levels.month_start")) }} as ended_at,
    {{ as_double("levels.level_2 - levels.level_0") }} as value
from levels
inner join recorded
    on levels.month_start = recorded.month_start
inner join {{ ref("playbook") }} as plays
    on plays.condition = 'use_declining' and levels.level_2 - levels.level_0 >= plays.threshold
where levels.level_2 >= levels.level_1 and levels.level_1 >= levels.level_0
