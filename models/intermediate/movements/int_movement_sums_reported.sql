{{ config(materialized="view") }}

{#- Folded here and not where they are stored: which values are the largest changes from build to build. -#}

with sums as (
    select * from {{ ref("int_movement_sums") }}
),

reported as (
    select
        sums.period_grain,
        sums.period_start,
        sums.segment_type,
        {{ reported_value("sums.segment_value", "other_values") }} as segment_value,
        {{ reported_value("sums.plan_id_start", "other_starts") }} as plan_id_start,
        {{ reported_value("sums.plan_id_end", "other_ends") }} as plan_id_end,
        {{ reported_value("sums.plan_id_inside", "other_insides") }} as plan_id_inside,
        sums.movement_type,
        sums.churn_type,
        sums.reason_category,
        sums.reason_code,
        sums.mrr_start,
        sums.mrr_end,
        sums.mrr_lost,
        sums.acquired,
        sums.lost,
        sums.returned,
        sums.customers
    from sums
    left join {{ ref("int_other_segments") }} as other_values
        on
            sums.period_grain = other_values.period_grain
            and sums.segment_type = other_values.segment_type
            and sums.segment_value = other_values.segment_value
    left join {{ ref("int_other_segments") }} as other_starts
        on
            sums.period_grain = other_starts.period_grain
            and sums.segment_type = other_starts.segment_type
            and sums.plan_id_start = other_starts.segment_value
    left join {{ ref("int_other_segments") }} as other_ends
        on
            sums.period_grain = other_ends.period_grain
            and sums.segment_type = other_ends.segment_type
            and sums.plan_id_end = other_ends.segment_value
    left join {{ ref("int_other_segments") }} as other_insides
        on
            sums.period_grain = other_insides.period_grain
            and sums.segment_type = other_insides.segment_type
            and sums.plan_id_inside = other_insides.segment_value
)

select * from reported
-- who goes from one of the other plans to another of them stays where it is
where movement_type <> 'moved' or plan_id_start <> plan_id_end
