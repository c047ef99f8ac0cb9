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

changes_in_periods as (
    select
        calendar.period_grain,
        calendar.period_start,
        changed_days.segment_type,
        changed_days.segment_value,
        changed_days.customers,
        changed_days.mrr
    from changed_days
    inner join {{ ref("int_calendar_periods") }} as calendar
        on changed_days.changed_on = calendar.date_day
),

changed_periods as (
    select
        period_grain,
        period_start,
        segment_type,
        reported_value,
        sum(customers) as customers,
        sum(mrr) as mrr
    from ({{ as_reported("changes_in_periods") }}) as reported
    group by period_grain, period_start, segment_type, reported_value
),

segments as (
    select distinct
        period_grain,
        segment_type,
        reported_value
    from changed_periods
),

boundaries as (
    select
        segments.period_grain,
        segments.segment_type,
        segments.reported_value,
        periods.period_start,
        coalesce(changed_periods.customers, 0) as customers_changed,
        coalesce(changed_periods.mrr, 0) as mrr_changed,
        sum(coalesce(changed_periods.customers, 0)) over until_here as customers,
        sum(coalesce(changed_periods.mrr, 0)) over until_here as mrr
    from segments
    inner join {{ ref("int_periods") }} as periods
        on segments.period_grain = periods.period_grain
    left join changed_periods
        on
            segments.period_grain = changed_periods.period_grain
            and segments.segment_type = changed_periods.segment_type
            and segments.reported_value = changed_periods.reported_value
            and periods.period_start = changed_periods.period_start
    window until_here as (
        partition by segments.period_grain, segments.segment_type, segments.reported_value
        order by periods.period_start rows unbounded preceding
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
    boundaries.customers - boundaries.customers_changed as customers_at_start,
    boundaries.customers as customers_at_end,
    boundaries.mrr - boundaries.mrr_changed as mrr_at_start,
    boundaries.mrr as mrr_at_end
from periods
left join boundaries
    on
        periods.period_grain = boundaries.period_grain
        and periods.period_start = boundaries.period_start
        and periods.segment_type = boundaries.segment_type
        and periods.segment_value = boundaries.reported_value
where
    boundaries.customers is null
    or periods.customers_start <> boundaries.customers - boundaries.customers_changed
    or periods.customers_end <> boundaries.customers
    or periods.customers_start + periods.customers_new + periods.customers_reactivated - periods.customers_churned
    + periods.customers_moved_in - periods.customers_moved_out <> boundaries.customers
    -- no MRR report for the period
    or (periods.mrr_start is distinct from boundaries.mrr - boundaries.mrr_changed)
    or (periods.mrr_end is distinct from boundaries.mrr)
    or periods.mrr_start + periods.mrr_movements <> boundaries.mrr
    or periods.customers_churned
    <> periods.customers_churned_voluntary + periods.customers_churned_involuntary + periods.customers_churned_unknown
    or periods.mrr_contraction > 0
    or periods.mrr_churn > 0
    -- a gap: the period before this one is missing
    or periods.period_start <> coalesce(periods.previous_period_end, periods.period_start)
