{#-
    By month, what the metrics are made of that a change may have moved: of everybody, and of the segments that an
    annotation names. From the reports themselves, as a verdict is about what they show.
-#}
with segments as (
    select
        'all' as segment_type,
        'all' as segment_value
    union
    select
        segment_type,
        segment_value
    from {{ ref("stg_planning__annotations") }}
    where segment_type is not null and segment_value is not null
),

spells as (
    select
        spells.*,
        spells.plan_id as plan,
        cast({{ dbt.date_trunc("month", "spells.started_on") }} as date) as joined_month,
        case when spells.is_lost and spells.tenure_days < joiner.value then 1 else 0 end as is_lost_early
    from {{ ref("int_first_spells") }} as spells
    inner join {{ ref("thresholds") }} as joiner
        on joiner.threshold = 'effect_joiner_days'
),

spells_by_segment as (
    {{ in_segments("spells") }}
),

joiners as (
    select
        segment_type,
        segment_value,
        joined_month,
        count(*) as joiners,
        sum(is_lost_early) as joiners_lost
    from spells_by_segment
    group by segment_type, segment_value, joined_month
),

final as (
    select
        periods.segment_type,
        periods.segment_value,
        periods.period_start,
        periods.period_end,
        periods.customers_start,
        periods.customers_churned,
        periods.customers_new,
        periods.mrr_start,
        cast(
            periods.mrr_start + periods.mrr_contraction_of_start + periods.mrr_churn + periods.mrr_expansion_of_start
            as decimal(38, 6)
        ) as mrr_kept,
        cast(coalesce(joiners.joiners, 0) as bigint) as joiners,
        cast(coalesce(joiners.joiners_lost, 0) as bigint) as joiners_lost,
        cast(coalesce(answers.respondents, 0) as bigint) as respondents,
        cast(coalesce(answers.promoters, 0) as bigint) as promoters,
        cast(coalesce(answers.detractors, 0) as bigint) as detractors
    from {{ ref("fct_segment_periods") }} as periods
    inner join segments
        on periods.segment_type = segments.segment_type and periods.segment_value = segments.segment_value
    left join joiners
        on
            periods.segment_type = joiners.segment_type
            and periods.segment_value = joiners.segment_value
            and periods.period_start = joiners.joined_month
    left join {{ ref("int_nps_scores") }} as answers
        on
            answers.touchpoint_type = 'relational'
            and periods.period_grain = answers.period_grain
            and periods.period_start = answers.period_start
            and periods.segment_type = answers.segment_type
            and periods.segment_value = answers.segment_value
    where periods.period_grain = 'month' and periods.is_complete_period
)

select * from final
