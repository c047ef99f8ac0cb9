{#- Customers and quarters in which they wrote, and whether they were lost soon after: known only once all days have passed. -#}
{%- set a_quarter = "source, customer_id, quarter_start" -%}

with days_after as (
    select value as days from {{ ref("thresholds") }}
    where threshold = 'topic_before_churn_days'
),

placed as (
    select
        *,
        row_number() over (partition by {{ a_quarter }} order by said_at desc, source_id desc) as place
    from {{ ref("int_texts_of_customers") }}
    where source in ('survey', 'ticket') and is_customer
),

-- from its last text of the quarter
seen as (
    select
        placed.source,
        placed.customer_id,
        placed.quarter_start,
        placed.said_at,
        {{ days_later("placed.said_at", "days_after.days") }} as seen_until,
        {%- for attribute in customer_attributes() %}
        placed.{{ attribute }},
        {%- endfor %}
        placed.plan
    from placed
    cross join days_after
    inner join {{ ref("int_report_moment") }} as moment
        on {{ days_later("placed.said_at", "days_after.days") }} <= moment.as_of
    where placed.place = 1
),

lost as (
    select distinct
        seen.source,
        seen.customer_id,
        seen.quarter_start
    from seen
    inner join {{ ref("int_churn_events") }} as churns
        on
            seen.customer_id = churns.customer_id
            and seen.said_at < churns.churned_at
            and seen.seen_until >= churns.churned_at
)

select
    seen.*,
    case when lost.customer_id is null then 0 else 1 end as has_churned
from seen
left join lost
    on
        seen.source = lost.source
        and seen.customer_id = lost.customer_id
        and seen.quarter_start = lost.quarter_start
