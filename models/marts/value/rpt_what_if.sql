with what_ifs as (
    {{ python_model("int_what_ifs_fitted", {
        "scenario": "string",
        "segment_type": "string",
        "segment_value": "string",
        "origin": "date",
        "retention": "double",
        "retention_changed": "double",
        "mrr_months": "double",
        "mrr_months_changed": "double",
        "lifetime_months": "double",
        "lifetime_months_changed": "double",
        "reason": "string",
    }) }}
),

final as (
    select
        scenarios.scenario,
        what_ifs.segment_type,
        what_ifs.segment_value,
        what_ifs.origin,
        scenarios.lever,
        cast(scenarios.change_percent as integer) as change_percent,
        what_ifs.retention,
        what_ifs.retention_changed,
        what_ifs.mrr_months,
        what_ifs.mrr_months_changed,
        what_ifs.mrr_months_changed - what_ifs.mrr_months as mrr_months_gain,
        -- a customer kept or a payment recovered costs what any other does; a higher price costs nothing more
        (what_ifs.mrr_months_changed - what_ifs.mrr_months)
        * case when scenarios.lever = 'price' then 1 else {{ var("gross_margin") }}e0 end as margin_gain,
        {{ ratio(
            "(what_ifs.mrr_months_changed - what_ifs.mrr_months) * case when scenarios.lever = 'price' then 1 else "
            ~ var("gross_margin") ~ "e0 end",
            "what_ifs.mrr_months * " ~ var("gross_margin") ~ "e0"
        ) }} as relative_margin_gain,
        {{ ratio("what_ifs.lifetime_months_changed", "what_ifs.lifetime_months") }} - 1 as relative_lifetime_gain,
        {{ as_double("scenarios.claim_lower_percent") }} / 100 as claim_lower,
        {{ as_double("scenarios.claim_upper_percent") }} / 100 as claim_upper,
        what_ifs.reason
    from what_ifs
    inner join {{ ref("what_if_scenarios") }} as scenarios
        on what_ifs.scenario = scenarios.scenario
)

select * from final
