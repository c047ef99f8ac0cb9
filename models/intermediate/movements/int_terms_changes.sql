{#- Of the expansion and contraction of a period and segment what is no upgrade or downgrade. -#}
with changes as (
    select
        customer_id,
        changed_on,
        sum(mrr_of_terms) as mrr_of_terms
    from {{ ref("int_mrr_changes_by_driver") }}
    where mrr_of_terms <> 0
    group by customer_id, changed_on
),

grains as (
    {{ grain_rows() }}
),

movements as (
    select
        movements.*,
        movements.plan_id_end as plan,
        grains.period_grain,
        {{ whole_period() }} as period_start
    from {{ ref("int_customer_movements") }} as movements
    cross join grains
    where
        movements.movement_type in ('expansion', 'contraction')
        and movements.customer_id in (select changes.customer_id from changes)
),

in_periods as (
    select
        changes.customer_id,
        calendar.period_grain,
        calendar.period_start,
        sum(changes.mrr_of_terms) as mrr_of_terms
    from changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on changes.changed_on = calendar.date_day
    group by changes.customer_id, calendar.period_grain, calendar.period_start
),

of_movements as (
    select
        {%- for segment in attribute_segments() + ["plan"] %}
        movements.{{ segment }},
        {%- endfor %}
        in_periods.period_grain,
        in_periods.period_start,
        in_periods.mrr_of_terms
    from in_periods
    inner join movements
        on
            in_periods.customer_id = movements.customer_id
            and in_periods.period_grain = movements.period_grain
            and in_periods.period_start = movements.period_start
),

by_segment as (
    {{ in_segments("of_movements") }}
)

select
    period_grain,
    period_start,
    segment_type,
    reported_value as segment_value,
    cast(sum(mrr_of_terms) as decimal(38, 6)) as mrr_of_terms
from ({{ as_reported("by_segment") }}) as reported
group by period_grain, period_start, segment_type, reported_value
