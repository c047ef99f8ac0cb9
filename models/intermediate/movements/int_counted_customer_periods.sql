{#- What became of the customers of each definition of MRR in each period in which something did, by their attributes. -#}
with folded as (
    select
        changes.definition,
        changes.customer_id,
        calendar.period_grain,
        calendar.period_start,
        -- customers come and go in turns, so the first change says what the customer was before
        max(
            case when coalesce(changes.previous_changed_on < calendar.period_start, true) and not changes.is_active then 1 else 0 end
        ) = 1 as was_active,
        max(
            case when coalesce(changes.next_changed_on >= calendar.period_end, true) and changes.is_active then 1 else 0 end
        ) = 1 as is_active,
        max(case when changes.is_active then 0 else 1 end) = 1 as has_left,
        max(case when changes.is_new then 1 else 0 end) = 1 as is_new
    from {{ ref("int_counted_customer_changes") }} as changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on
            changes.changed_on = calendar.date_day
            and calendar.period_grain in ('{{ cell_grains() | join("', '") }}')
    group by changes.definition, changes.customer_id, calendar.period_grain, calendar.period_start
)

select
    folded.definition,
    folded.period_grain,
    folded.period_start,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    count(case when folded.is_active and not folded.was_active and folded.is_new then 1 end) as customers_new,
    count(case when folded.is_active and not folded.was_active and not folded.is_new then 1 end) as customers_reactivated,
    count(case when folded.was_active and not folded.is_active then 1 end) as customers_churned,
    -- there is a change, so one who is there at both ends was away in between
    count(case when folded.was_active and folded.is_active then 1 end) as customers_left_and_returned,
    count(case when folded.has_left then 1 end) as customers_lost,
    count(case when folded.is_new then 1 end) as customers_acquired
from folded
inner join {{ ref("int_customers") }} as customers
    on folded.customer_id = customers.customer_id
group by
    folded.definition,
    {%- for attribute in customer_attributes() %}
    customers.{{ attribute }},
    {%- endfor %}
    folded.period_grain,
    folded.period_start
