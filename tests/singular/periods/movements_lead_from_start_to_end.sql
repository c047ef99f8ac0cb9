-- What: start + movements = end, for customers and MRR, in every period, grain and segment of the published reports. Start
--       and end are counted here from the customers' changes, which the reports reach by their movements only.
-- When it fails: the movements of the period returned miss one, or count it twice or in another segment. Compare them with
--                the customers' changes in it; fct_customer_movements has both.
with plan_changes as (
    -- what a change brings to the plan that it leads to, and takes from the one that it leaves
    select
        customer_id,
        changed_on,
        plan_id as plan,
        1 as customers,
        mrr
    from {{ ref("int_customer_changes") }}
    where is_active
    union all
    select
        customer_id,
        changed_on,
        previous_plan_id as plan,
        -1 as customers,
        -previous_mrr as mrr
    from {{ ref("int_customer_changes") }}
    where was_active
),

changes as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        plan_changes.changed_on,
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        plan_changes.plan,
        sum(plan_changes.customers) as customers,
        sum(plan_changes.mrr) as mrr
    from plan_changes
    inner join {{ ref("int_customers") }} as customers
        on plan_changes.customer_id = customers.customer_id
    group by
        plan_changes.changed_on,
        {%- for segment in attribute_segments() %}
        customers.{{ segment }},
        {%- endfor %}
        plan_changes.plan
),

changes_by_segment as (
    {{ in_segments("changes") }}
),

changed_days as (
    select
        segment_type,
        segment_value,
        changed_on,
        sum(customers) as customers,
        sum(mrr) as mrr
    from changes_by_segment
    group by segment_type, segment_value, changed_on
),

boundaries as (
    select
        segments.segment_type,
        segments.segment_value,
        cast({{ dbt.dateadd("day", 1, "calendar.date_day") }} as date) as boundary,
        sum(coalesce(changed_days.customers, 0)) over until_here as customers,
        sum(coalesce(changed_days.mrr, 0)) over until_here as mrr
    from {{ ref("int_segments") }} as segments
    cross join {{ ref("int_calendar_days") }} as calendar
    left join changed_days
        on
            segments.segment_type = changed_days.segment_type
            and segments.segment_value = changed_days.segment_value
            and calendar.date_day = changed_days.changed_on
    window until_here as (
        partition by segments.segment_type, segments.segment_value
        order by calendar.date_day rows unbounded preceding
    )
),

periods as (
    select
        rates.*,
        lag(rates.period_end) over (
            partition by rates.period_grain, rates.segment_type, rates.segment_value order by rates.period_start
        ) as previous_period_end,
        money.mrr_start,
        money.mrr_new + money.mrr_reactivation + money.mrr_expansion + money.mrr_contraction + money.mrr_churn
        + money.mrr_moved as mrr_movements,
        money.mrr_contraction,
        money.mrr_churn,
        money.mrr_end
    from {{ ref("rpt_churn_rates") }} as rates
    left join {{ ref("rpt_mrr_movements") }} as money
        on
            rates.period_grain = money.period_grain
            and rates.period_start = money.period_start
            and rates.segment_type = money.segment_type
            and rates.segment_value = money.segment_value
)

select
    periods.*,
    starts.customers as customers_at_start,
    ends.customers as customers_at_end,
    starts.mrr as mrr_at_start,
    ends.mrr as mrr_at_end
from periods
left join boundaries as starts
    on
        periods.period_start = starts.boundary
        and periods.segment_type = starts.segment_type
        and periods.segment_value = starts.segment_value
left join boundaries as ends
    on
        periods.period_end = ends.boundary
        and periods.segment_type = ends.segment_type
        and periods.segment_value = ends.segment_value
where
    periods.customers_start <> coalesce(starts.customers, 0)
    or (periods.customers_end is distinct from ends.customers)
    or periods.customers_start + periods.customers_new + periods.customers_reactivated - periods.customers_churned
    + periods.customers_moved_in - periods.customers_moved_out <> ends.customers
    or (periods.mrr_start is distinct from coalesce(starts.mrr, 0))
    or (periods.mrr_end is distinct from ends.mrr)
    or periods.mrr_start + periods.mrr_movements <> ends.mrr
    or periods.customers_churned
    <> periods.customers_churned_voluntary + periods.customers_churned_involuntary + periods.customers_churned_unknown
    or periods.mrr_contraction > 0
    or periods.mrr_churn > 0
    -- a gap: the period before this one is missing
    or periods.period_start <> coalesce(periods.previous_period_end, periods.period_start)
