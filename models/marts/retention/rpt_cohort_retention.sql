{#-
    Customers' changes counted by the month they joined and the month of the change; an age is the running sum of all
    changes up to it. No customer has a row for a month in which nothing changed.
-#}
{%- set measures = ["customers_joined", "customers_change", "mrr_joined", "mrr_change"] -%}
{%- set grains = ["month", "quarter"] -%}

with changes as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        {%- for grain in grains %}
        joined_days.{{ grain }}_start as cohort_{{ grain }},
        change_days.{{ grain }}_start as change_{{ grain }},
        {%- endfor %}
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        spells.plan_id as plan,
        sum(case when changes.changed_at = spells.started_at then 1 else 0 end) as customers_joined,
        sum(cast(changes.is_active as integer) - cast(changes.was_active as integer)) as customers_change,
        sum(case when changes.changed_at = spells.started_at then changes.mrr else 0 end) as mrr_joined,
        sum(changes.mrr - changes.previous_mrr) as mrr_change
    from {{ ref("int_customer_changes") }} as changes
    inner join {{ ref("int_first_spells") }} as spells
        on changes.customer_id = spells.customer_id
    inner join {{ ref("int_calendar_days") }} as joined_days
        on spells.started_on = joined_days.date_day
    inner join {{ ref("int_calendar_days") }} as change_days
        on changes.changed_on = change_days.date_day
    group by
        {%- for grain in grains %}
        joined_days.{{ grain }}_start,
        change_days.{{ grain }}_start,
        {%- endfor %}
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        spells.plan_id
),

changes_by_segment as (
    {{ in_segments("changes") }}
),

sums as (
    {%- for grain in grains %}
    select
        '{{ grain }}' as cohort_grain,
        cohort_{{ grain }} as cohort_start,
        change_{{ grain }} as period_start,
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        segment_type,
        segment_value
    from changes_by_segment
    group by cohort_{{ grain }}, change_{{ grain }}, segment_type, segment_value
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

cohorts as (
    select
        cohort_grain,
        cohort_start,
        segment_type,
        segment_value,
        sum(customers_joined) as customers_in_cohort,
        sum(mrr_joined) as mrr_in_cohort
    from sums
    group by cohort_grain, cohort_start, segment_type, segment_value
),

periods as (
    select
        *,
        row_number() over (partition by period_grain order by period_start) as period_index
    from {{ ref("int_periods") }}
),

ages as (
    select
        cohorts.*,
        periods.period_start,
        periods.period_index - first_periods.period_index as period_number
    from cohorts
    inner join periods as first_periods
        on cohorts.cohort_grain = first_periods.period_grain and cohorts.cohort_start = first_periods.period_start
    inner join periods
        on cohorts.cohort_grain = periods.period_grain and first_periods.period_index <= periods.period_index
    where periods.is_complete_period
),

running as (
    select
        ages.*,
        sum(coalesce(sums.customers_change, 0)) over until_here as customers_active,
        sum(coalesce(sums.mrr_change, 0)) over until_here as mrr_active
    from ages
    left join sums
        on
            ages.cohort_grain = sums.cohort_grain
            and ages.cohort_start = sums.cohort_start
            and ages.period_start = sums.period_start
            and ages.segment_type = sums.segment_type
            and ages.segment_value = sums.segment_value
    window until_here as (
        partition by ages.cohort_grain, ages.cohort_start, ages.segment_type, ages.segment_value
        order by ages.period_number rows unbounded preceding
    )
),

final as (
    select
        cohort_grain,
        cohort_start,
        segment_type,
        segment_value,
        cast(period_number as integer) as period_number,
        cast(customers_in_cohort as bigint) as customers_in_cohort,
        cast(customers_active as bigint) as customers_active,
        {{ ratio("customers_active", "customers_in_cohort") }} as retention_rate,
        {{ wilson("customers_active", "customers_in_cohort", "lower") }} as retention_rate_lower,
        {{ wilson("customers_active", "customers_in_cohort", "upper") }} as retention_rate_upper,
        cast(mrr_in_cohort as decimal(38, 6)) as mrr_in_cohort,
        cast(mrr_active as decimal(38, 6)) as mrr_active,
        {{ ratio("mrr_active", "mrr_in_cohort") }} as revenue_retention_rate
    from running
)

select * from final
