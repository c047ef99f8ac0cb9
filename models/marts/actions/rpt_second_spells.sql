with spells as (
    select
        'first' as spell,
        'all' as first_churn_type,
        tenure_days,
        churn_type,
        is_lost
    from {{ ref("int_first_spells") }}
    union all
    select
        'second' as spell,
        'all' as first_churn_type,
        tenure_days,
        churn_type,
        is_lost
    from {{ ref("int_second_spells") }}
    union all
    select
        'second' as spell,
        first_churn_type,
        tenure_days,
        churn_type,
        is_lost
    from {{ ref("int_second_spells") }}
),

counts as (
    select
        spell,
        first_churn_type,
        tenure_days,
        {{ spell_ends() }}
    from spells
    group by spell, first_churn_type, tenure_days
),

{{ kaplan_meier("counts", ["spell", "first_churn_type"]) }},

final as (
    select
        spell,
        first_churn_type,
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
