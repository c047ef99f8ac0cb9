with effects as (
    {{ python_model("int_change_effects_fitted", {
        "annotated_on": "date",
        "label": "string",
        "segment_type": "string",
        "segment_value": "string",
        "metric": "string",
        "compared_with": "string",
        "first_month_after": "date",
        "months_before": "bigint",
        "months_after": "bigint",
        "n_before": "bigint",
        "n_after": "bigint",
        "is_seasonal": "boolean",
        "level_before": "double",
        "level_after": "double",
        "expected": "double",
        "effect": "double",
        "effect_lower": "double",
        "effect_upper": "double",
        "p_value": "double",
        "p_value_adjusted": "double",
        "placebo_dates": "bigint",
        "placebo_as_large": "bigint",
        "other_changes": "bigint",
        "reason": "string",
    }) }}
),

annotations as (
    select
        annotated_on,
        label,
        kind
    from {{ ref("fct_annotations") }}
),

placebos as (
    -- the change is one of the dates: of 19 others none as large is one in twenty
    select
        effects.*,
        {{ ratio("effects.placebo_as_large", "effects.placebo_dates") }} as placebo_share,
        effects.placebo_dates >= fewest.value
        and 20 * (effects.placebo_as_large + 1) > effects.placebo_dates + 1 as is_as_large_without_a_change
    from effects
    inner join {{ ref("thresholds") }} as fewest
        on fewest.threshold = 'effect_least_placebos'
),

final as (
    select
        placebos.annotated_on,
        placebos.label,
        annotations.kind,
        placebos.segment_type,
        placebos.segment_value,
        placebos.metric,
        placebos.compared_with,
        placebos.first_month_after,
        placebos.months_before,
        placebos.months_after,
        placebos.n_before,
        placebos.n_after,
        placebos.is_seasonal,
        placebos.level_before,
        placebos.level_after,
        placebos.expected,
        placebos.effect,
        placebos.effect_lower,
        placebos.effect_upper,
        placebos.p_value,
        placebos.p_value_adjusted,
        placebos.placebo_dates,
        placebos.placebo_as_large,
        placebos.placebo_share,
        placebos.other_changes,
        case
            when placebos.effect is null then 'cannot_be_judged'
            when placebos.p_value_adjusted >= 0.05 or placebos.is_as_large_without_a_change then 'no_effect_shown'
            else 'effect'
        end as verdict,
        case
            when placebos.p_value_adjusted < 0.05 and placebos.is_as_large_without_a_change then 'as_large_without_a_change'
            else placebos.reason
        end as reason
    from placebos
    left join annotations
        on placebos.annotated_on = annotations.annotated_on and placebos.label = annotations.label
)

select * from final
