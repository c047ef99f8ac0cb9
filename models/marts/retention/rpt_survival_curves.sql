{#- Kaplan-Meier from first spells counted by length. -#}
with spells as (
    -- by all segments at once: a fraction of the rows that the segments are then told apart on
    select
        {%- for segment in attribute_segments() %}
        {{ segment }},
        {%- endfor %}
        plan_id as plan,
        tenure_days,
        {{ spell_ends() }}
    from {{ ref("int_first_spells") }}
    group by {{ attribute_segments() | join(", ") }}, plan_id, tenure_days
),

spells_by_segment as (
    {{ in_segments("spells") }}
),

{{ kaplan_meier("spells_by_segment", ["segment_type", "segment_value"]) }},

final as (
    select
        segment_type,
        segment_value,
        tenure_days,
        at_risk,
        churned,
        censored,
        survival,
        survival_lower,
        survival_upper,
        incidence_voluntary,
        incidence_involuntary,
        incidence_unknown
    from curves
)

select * from final
