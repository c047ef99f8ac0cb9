{%- set cell = promised_attributes() + ["plan_id"] -%}
{%- set keys = ["period_grain", "period_start", "touchpoint_type"] + cell -%}

with surveys as (
    select *
    from {{ ref("int_survey_events") }}
    where survey_type = 'nps' and subject is null
),

in_periods as (
    {{ in_periods("surveys", "happened_on") }}
),

answers as (
    select
        *,
        plan as plan_id
    from in_periods
    where period_grain in ('{{ cell_grains() | join("', '") }}') and {{ is_latest_of_period() }}
),

folded as (
    select
        answers.period_grain,
        answers.period_start,
        answers.touchpoint_type,
        {%- for attribute in cell %}
        {{ folded_value("answers." ~ attribute, attribute) }} as {{ attribute }},
        {%- endfor %}
        answers.score,
        answers.sent_count,
        answers.answered_count,
        answers.respondents,
        answers.weight
    from answers
    left join {{ ref("int_rare_values") }} as rare_plan_id
        on rare_plan_id.attribute = 'plan_id' and answers.plan_id = rare_plan_id.value
    {%- for attribute in promised_attributes() %}
    left join {{ ref("int_rare_values") }} as rare_{{ attribute }}
        on rare_{{ attribute }}.attribute = '{{ attribute }}' and answers.{{ attribute }} = rare_{{ attribute }}.value
    {%- endfor %}
),

sums as (
    select
        {{ keys | join(",\n        ") }},
        cast(sum(sent_count) as bigint) as sent_count,
        cast(sum(answered_count) as bigint) as answered_count,
        {{ nps_sums() }}
    from folded
    group by {{ keys | join(", ") }}
),

final as (
    select
        sums.period_grain,
        sums.period_start,
        periods.period_end,
        periods.is_complete_period,
        sums.touchpoint_type,
        {%- for attribute in cell %}
        sums.{{ attribute }},
        {%- endfor %}
        sums.sent_count,
        sums.answered_count,
        sums.respondents,
        sums.promoters,
        sums.passives,
        sums.detractors,
        cast(sums.weight as decimal(38, 6)) as weight,
        cast(sums.weighted_balance as decimal(38, 6)) as weighted_balance
    from sums
    inner join {{ ref("int_periods") }} as periods
        on sums.period_grain = periods.period_grain and sums.period_start = periods.period_start
)

select * from final
