{#- On DuckDB it is computed faster than it is written; the other engines store it for whoever reads their files. -#}
{{ config(materialized="view" if target.type == "duckdb" else "table") }}

{%- set drivers = ["plan", "interval", "quantity", "price", "exchange_rate", "pause"] -%}

with grains as (
    {{ grain_rows() }}
),

movements as (
    -- a lone change is the movement of every period that it is all of
    select
        movements.*,
        grains.period_grain,
        {{ whole_period() }} as period_start
    from {{ ref("int_customer_movements") }} as movements
    cross join grains
),

causes as (
    select
        changes.customer_id,
        {%- for driver in drivers %}
        sum(changes.mrr_{{ driver }}) as mrr_{{ driver }},
        {%- endfor %}
        calendar.period_grain,
        calendar.period_start
    from {{ ref("int_mrr_changes_by_driver") }} as changes
    inner join {{ ref("int_calendar_periods") }} as calendar
        on changes.changed_on = calendar.date_day
    group by changes.customer_id, calendar.period_grain, calendar.period_start
),

caused as (
    -- what no subscription that goes on explains came with one that began or went with one that ended
    select
        movements.*,
        movements.movement_type in ('expansion', 'contraction') as is_of_mrr,
        {%- for driver in drivers %}
        coalesce(causes.mrr_{{ driver }}, 0) as mrr_{{ driver }},
        {%- endfor %}
        movements.mrr_end - movements.mrr_start
        {%- for driver in drivers %}
        - coalesce(causes.mrr_{{ driver }}, 0)
        {%- endfor %} as mrr_subscription
    from movements
    left join causes
        on
            movements.customer_id = causes.customer_id
            and movements.period_grain = causes.period_grain
            and movements.period_start = causes.period_start
),

counted as (
    select
        *,
        {%- for driver in drivers %}
        case when mrr_{{ driver }} <> 0 then 1 else 0 end +
        {%- endfor %}
        case when mrr_subscription <> 0 then 1 else 0 end as number_of_causes
    from caused
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
        case
            when not movements.is_of_mrr then null
            when movements.number_of_causes > 1 then 'mixed'
            {%- for driver in drivers %}
            when movements.mrr_{{ driver }} <> 0 then '{{ driver }}'
            {%- endfor %}
            else 'subscription'
        end as driver,
        {%- for driver in drivers + ["subscription"] %}
        cast(case when movements.is_of_mrr then movements.mrr_{{ driver }} end as decimal(38, 6)) as mrr_{{ driver }},
        {%- endfor %}
        movements.churn_type,
        movements.reason_code,
        movements.reason_category,
        movements.mrr_lost,
        movements.is_acquired,
        movements.is_lost,
        movements.is_returned,
        movements.country,
        movements.customer_segment,
        movements.industry,
        movements.acquisition_channel,
        movements.plan_id_start,
        movements.plan_id_end,
        movements.plan_id_inside,
        case
            when tiers_end.tier_rank > tiers_start.tier_rank then 'upgrade'
            when tiers_end.tier_rank < tiers_start.tier_rank then 'downgrade'
        end as tier_change
    from counted as movements
    left join {{ ref("int_plan_tiers") }} as tiers_start
        on movements.plan_id_start = tiers_start.plan_id
    left join {{ ref("int_plan_tiers") }} as tiers_end
        on movements.plan_id_end = tiers_end.plan_id
    inner join {{ ref("int_periods") }} as periods
        on movements.period_grain = periods.period_grain and movements.period_start = periods.period_start
)

select * from final
