{#-
    The net movements of each month by the month in which their customers joined first: what stays of a cohort, and what
    comes to it. No row per customer and month: a cohort's customers are the running sum of what came and went.
-#}
with movements as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date) as cohort_month,
        movements.whole_month as period_start,
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        sum(case when movements.movement_type in ('new', 'reactivation') then 1 else 0 end) as customers_joined,
        sum(case when movements.movement_type = 'churn' then 1 else 0 end) as customers_lost,
        sum(case when movements.movement_type in ('new', 'reactivation') then movements.mrr_end else 0 end) as mrr_joined,
        sum(case when movements.movement_type = 'churn' then movements.mrr_start else 0 end) as mrr_lost,
        sum(
            case when movements.movement_type in ('expansion', 'contraction') then movements.mrr_end - movements.mrr_start else 0 end
        ) as mrr_changed
    from {{ ref("int_customer_movements") }} as movements
    inner join {{ ref("int_first_spells") }} as spells
        on movements.customer_id = spells.customer_id
    where
        movements.whole_month is not null
        and movements.movement_type in ('new', 'reactivation', 'churn', 'expansion', 'contraction')
    group by
        {%- for segment in attribute_segments() %}
        spells.{{ segment }},
        {%- endfor %}
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date),
        movements.whole_month
),

movements_by_segment as (
    {{ in_segments("movements", plan=false) }}
)

select
    segment_type,
    segment_value,
    cohort_month,
    period_start,
    cast(sum(customers_joined) as bigint) as customers_joined,
    cast(sum(customers_lost) as bigint) as customers_lost,
    cast(sum(mrr_joined) as decimal(38, 6)) as mrr_joined,
    cast(sum(mrr_lost) as decimal(38, 6)) as mrr_lost,
    cast(sum(mrr_changed) as decimal(38, 6)) as mrr_changed
from movements_by_segment
group by segment_type, segment_value, cohort_month, period_start
