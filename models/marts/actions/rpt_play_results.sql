{%- set z = "1.959963984540054e0" -%}
{%- set groups = ["acted_on", "not_acted_on"] -%}
with comparisons as (
    select
        comparisons.*,
        metrics.unit,
        {%- for group in groups %}
        -- the customers that a share counts
        case when metrics.unit = 'share' then comparisons.sum_{{ group }} end as yes_{{ group }},
        {%- endfor %}
        case
            when comparisons.method = 'matched' then comparisons.n_matched > 0
            else comparisons.n_acted_on > 0 and comparisons.n_not_acted_on >= enough.value
        end as is_compared
    from {{ ref("int_play_comparisons") }} as comparisons
    inner join {{ ref("play_metrics") }} as metrics
        on comparisons.metric = metrics.metric
    inner join {{ ref("thresholds") }} as enough
        on enough.threshold = 'play_least_controls'
),

chosen as (
    -- a control group drawn by lot says more than those who happen to be alike
    select
        *,
        mean_acted_on as acted_on_value,
        mean_not_acted_on as not_acted_on_value,
        {%- for group in groups %}
        {{ wilson("yes_" ~ group, "n_" ~ group, "lower") }} as {{ group }}_value_lower,
        {{ wilson("yes_" ~ group, "n_" ~ group, "upper") }} as {{ group }}_value_upper,
        {%- endfor %}
        row_number() over (
            partition by trigger_code
            order by
                case when is_compared then 1 when n_acted_on > 0 then 2 else 3 end,
                case method when 'control_group' then 1 else 2 end
        ) as place
    from comparisons
),

effects as (
    select
        plays.trigger_code,
        plays.metric,
        metrics.unit,
        case when chosen.is_compared then chosen.method else 'none' end as method,
        coalesce(chosen.n_acted_on, 0) as acted_on,
        coalesce(chosen.n_not_acted_on, 0) as not_acted_on,
        chosen.acted_on_value,
        chosen.not_acted_on_value,
        {%- for bound, sign in {"lower": "-", "upper": "+"}.items() %}
        case
            when not chosen.is_compared then null
            when metrics.unit = 'points' then chosen.difference {{ sign }} chosen.half_width
            when chosen.method = 'control_group' then {{ newcombe("chosen.acted_on_value", "chosen.not_acted_on_value", bound) }}
            when chosen.mantel_haenszel_error > 0
                then {{ "greatest(-1e0" if bound == "lower" else "least(1e0" }}, chosen.difference {{ sign }} {{ z }} * chosen.mantel_haenszel_error)
        end as effect_{{ bound }},
        {%- endfor %}
        case when chosen.is_compared then chosen.difference end as effect,
        case when chosen.is_compared then chosen.n_matched else 0 end as n
    from {{ ref("playbook") }} as plays
    inner join {{ ref("play_metrics") }} as metrics
        on plays.metric = metrics.metric
    left join chosen
        on plays.trigger_code = chosen.trigger_code and plays.metric = chosen.metric and chosen.place = 1
),

final as (
    select
        trigger_code,
        metric,
        unit,
        method,
        acted_on,
        not_acted_on,
        acted_on_value,
        not_acted_on_value,
        n,
        effect,
        effect_lower,
        effect_upper,
        case
            when effect_lower > 0 then 'better'
            when effect_upper < 0 then 'worse'
            when effect_lower <= effect_upper then 'no_clear_effect'
        end as verdict,
        case method
            when 'control_group' then 'An effect of the contact if the controls were drawn by lot'
            when 'matched' then 'No proof: somebody chose whom to contact, and they may differ in more than month, segment and MRR'
            else 'Nobody to compare with: it says what happened, not why'
        end as caveat
    from effects
)

select * from final
