{#-
    Movements summed by segment, laid on the periods since the segment's first customer; the start of a period is the
    running sum of everything before it. Every rate in the rpt_ models is a quotient of two columns of this table.
-#}
{#- who a movement counts for: where it left, where it arrived, or where it happened in between -#}
{%- set left_from = {
    "customers_churned": "case when movement_type = 'churn' then customers else 0 end",
    "customers_churned_voluntary": "case when movement_type = 'churn' and churn_type = 'voluntary' then customers else 0 end",
    "customers_churned_involuntary": "case when movement_type = 'churn' and churn_type = 'involuntary' then customers else 0 end",
    "customers_churned_unknown": "case when movement_type = 'churn' and churn_type = 'unknown' then customers else 0 end",
    "mrr_churn": "case when movement_type = 'churn' then -mrr_start else 0 end",
    "mrr_expansion_of_start": "case when movement_type = 'expansion' then mrr_end - mrr_start else 0 end",
    "mrr_contraction_of_start": "case when movement_type = 'contraction' then mrr_end - mrr_start else 0 end",
} -%}
{%- set arrived_in = {
    "customers_new": "case when movement_type = 'new' then customers else 0 end",
    "customers_reactivated": "case when movement_type = 'reactivation' then customers else 0 end",
    "mrr_new": "case when movement_type = 'new' then mrr_end else 0 end",
    "mrr_reactivation": "case when movement_type = 'reactivation' then mrr_end else 0 end",
    "mrr_expansion": "case when movement_type = 'expansion' then mrr_end - mrr_start else 0 end",
    "mrr_contraction": "case when movement_type = 'contraction' then mrr_end - mrr_start else 0 end",
} -%}
{%- set happened_in = {
    "customers_acquired": "acquired",
    "customers_lost": "lost",
    "customers_returned": "returned",
    "customers_came_and_went": "case when movement_type = 'came_and_went' then customers else 0 end",
    "customers_left_and_returned": "case when movement_type = 'left_and_returned' then customers else 0 end",
} -%}
{%- set moved_out = {
    "customers_moved_out": "case when movement_type = 'moved' then customers else 0 end",
    "mrr_moved": "case when movement_type = 'moved' then -mrr_start else 0 end",
} -%}
{%- set moved_in = {
    "customers_moved_in": "case when movement_type = 'moved' then customers else 0 end",
    "mrr_moved": "case when movement_type = 'moved' then mrr_start else 0 end",
} -%}
{%- set measures = [left_from, arrived_in, happened_in, moved_out, moved_in] | map("list") | sum(start=[]) | unique | list -%}
{#- legs: which sums, the segment that they count for, which measures are summed there -#}
{%- set legs = [
    ("segment_type <> 'plan'", "segment_value", [left_from, arrived_in, happened_in]),
    ("segment_type = 'plan'", "plan_id_start", [left_from, moved_out]),
    ("segment_type = 'plan'", "plan_id_end", [arrived_in, moved_in]),
    ("segment_type = 'plan'", "plan_id_inside", [happened_in]),
] -%}

with legs as (
    {%- for condition, segment_value, counted in legs %}
    select
        {%- for measure in measures %}
        {{ counted | map(attribute=measure) | select("defined") | first | default("0") }} as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_type,
        {{ segment_value }} as segment_value
    from {{ ref("int_movement_sums_reported") }}
    where {{ condition }} and {{ segment_value }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

sums as (
    select
        {%- for measure in measures %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        period_grain,
        period_start,
        segment_type,
        segment_value
    from legs
    group by period_grain, period_start, segment_type, segment_value
),

grains as (
    {{ grain_rows() }}
),

segments_by_grain as (
    select
        grains.period_grain,
        segments.segment_type,
        segments.segment_value,
        segments.first_customer_on
    from {{ ref("int_segments") }} as segments
    cross join grains
),

segments as (
    select
        period_grain,
        segment_type,
        reported_value as segment_value,
        min(first_customer_on) as first_customer_on
    from ({{ as_reported("segments_by_grain") }}) as reported
    group by period_grain, segment_type, reported_value
),

grid as (
    select
        periods.period_grain,
        periods.period_start,
        periods.period_end,
        periods.is_complete_period,
        periods.lifecycle,
        segments.segment_type,
        segments.segment_value
    from segments
    inner join {{ ref("int_periods") }} as periods
        on segments.period_grain = periods.period_grain and segments.first_customer_on < periods.period_end
),

filled as (
    select
        {%- for measure in measures %}
        coalesce(sums.{{ measure }}, 0) as {{ measure }},
        {%- endfor %}
        grid.period_grain,
        grid.period_start,
        grid.period_end,
        grid.is_complete_period,
        grid.lifecycle,
        grid.segment_type,
        grid.segment_value
    from grid
    left join sums
        on
            grid.period_grain = sums.period_grain
            and grid.period_start = sums.period_start
            and grid.segment_type = sums.segment_type
            and grid.segment_value = sums.segment_value
),

ends as (
    select
        *,
        sum(customers_new + customers_reactivated - customers_churned + customers_moved_in - customers_moved_out)
            over until_here as customers_end,
        sum(mrr_new + mrr_reactivation + mrr_expansion + mrr_contraction + mrr_churn + mrr_moved) over until_here as mrr_end
    from filled
    window until_here as (
        partition by period_grain, segment_type, segment_value
        order by period_start rows unbounded preceding
    )
),

final as (
    select
        period_grain,
        period_start,
        period_end,
        is_complete_period,
        lifecycle,
        segment_type,
        segment_value,
        {%- for measure in measures if measure.startswith("customers_") %}
        cast({{ measure }} as bigint) as {{ measure }},
        {%- endfor %}
        cast(
            customers_end - customers_new - customers_reactivated + customers_churned - customers_moved_in + customers_moved_out
            as bigint
        ) as customers_start,
        cast(customers_end as bigint) as customers_end,
        {%- for measure in measures if measure.startswith("mrr_") %}
        cast({{ measure }} as decimal(38, 6)) as {{ measure }},
        {%- endfor %}
        cast(
            mrr_end - mrr_new - mrr_reactivation - mrr_expansion - mrr_contraction - mrr_churn - mrr_moved as decimal(38, 6)
        ) as mrr_start,
        cast(mrr_end as decimal(38, 6)) as mrr_end
    from ends
)

select * from final
