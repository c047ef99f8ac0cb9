with fitted as (
    {{ python_model("int_nps_drivers_fitted", {
        "outcome": "string",
        "driver": "string",
        "n": "bigint",
        "correlation": "double",
        "correlation_lower": "double",
        "correlation_upper": "double",
        "effect": "double",
        "effect_lower": "double",
        "effect_upper": "double",
        "p_value": "double",
        "p_value_adjusted": "double",
        "fit_note": "string",
    }) }}
),

final as (
    select
        outcome,
        driver,
        n,
        correlation,
        correlation_lower,
        correlation_upper,
        effect,
        effect_lower,
        effect_upper,
        p_value,
        p_value_adjusted,
        -- of many signals one in twenty would stand out by chance
        case
            when p_value_adjusted >= 0.05 then 'no_clear_link'
            when effect > 0 then 'higher_with_it'
            when effect < 0 then 'lower_with_it'
        end as verdict,
        fit_note
    from fitted
)

select * from final
