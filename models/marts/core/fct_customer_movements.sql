{#- On DuckDB it is computed faster than it is written; the other engines store it for whoever reads their files. -#}
{{ config(materialized="view" if target.type == "duckdb" else "table") }}

with grains as (
    {{ grain_rows() }}
),

movements as (
    -- a lone change is the movement of every period that it is all of
    select
        movements.*,
        grains.period_grain,
        {{ whole_period() }} as period_start
    from {{ ref("int_movements_with_segments") }} as movements
    cross join grains
),

final as (
    select
        movements.period_grain,
        movements.period_start,
        periods.period_end,
        periods.is_complete_period,
        movements.customer_id,
        movements.movement_type,
        movements.mrr_start,
        movements.mrr_end,
        movements.churn_type,
        movements.reason_code,
        movements.reason_category,
        movements.mrr_lost,
        movements.is_acquired,
        movements.is_lost,
        movements.is_returned,
        {%- for segment in attribute_segments() %}
        movements.{{ segment }},
        {%- endfor %}
        movements.plan_id_start,
        movements.plan_id_end,
        movements.plan_id_inside
    from movements
    inner join {{ ref("int_periods") }} as periods
        on movements.period_grain = periods.period_grain and movements.period_start = periods.period_start
)

select * from final
