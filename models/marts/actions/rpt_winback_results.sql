{%- set horizons = [30, 60, 90] -%}
{#- each group, and who is in it -#}
{%- set groups = {"contacted": "not is_control", "controls": "is_control"} -%}

with days as (
    {%- for horizon in horizons %}
    select
        days.*,
        {{ horizon }} as horizon_days,
        {{ days_later("days.reached_at", horizon) }} as until_at,
        {{ days_later("days.contacted_at", horizon) }} as contact_until_at
    from {{ ref("int_winback_days") }} as days
    {{- " union all" if not loop.last }}
    {%- endfor %}
),

judged as (
    select
        days.*,
        {{ reporting_date("days.until_at") }} < moment.as_of_on as is_over,
        {{ reporting_date("days.contact_until_at") }} < moment.as_of_on as is_contact_over,
        coalesce(days.returned_at <= days.until_at, false) as is_back,
        coalesce(days.returned_at <= days.contact_until_at, false) as is_back_after_contact,
        returns.days_to_return,
        returns.mrr_won_back,
        returns.received
    from days
    cross join {{ ref("int_report_moment") }} as moment
    left join {{ ref("int_winback_returns") }} as returns
        on days.customer_id = returns.customer_id and days.churned_at = returns.churned_at
),

counts as (
    -- every combination of the three, and all of each
    select
        winback_day,
        horizon_days,
        coalesce(reason_category, 'all') as reason_category,
        coalesce(value_band, 'all') as value_band,
        coalesce(churn_type, 'all') as churn_type,
        {%- for group, condition in groups.items() %}
        count(case when is_contact_over and {{ condition }} then 1 end) as {{ group }},
        count(case when is_contact_over and {{ condition }} and is_back_after_contact then 1 end) as returned_{{ group }},
        {%- endfor %}
        count(case when is_over then 1 end) as lost,
        count(case when is_over and is_back then 1 end) as returned,
        percentile_cont(0.5) within group (
            order by {{ as_double("case when is_over and is_back then days_to_return end") }}
        ) as median_days_to_return,
        sum(case when is_over then mrr_lost end) as mrr_lost,
        sum(case when is_over and is_back then mrr_won_back when is_over then 0 end) as mrr_won_back,
        sum(case when is_over and is_back then received when is_over then 0 end) as received
    from judged
    group by winback_day, horizon_days, cube(reason_category, value_band, churn_type)
),

rates as (
    select
        *,
        {%- for group in groups %}
        {{ ratio("returned_" ~ group, group) }} as return_rate_{{ group }},
        {{ wilson("returned_" ~ group, group, "lower") }} as return_rate_{{ group }}_lower,
        {{ wilson("returned_" ~ group, group, "upper") }} as return_rate_{{ group }}_upper,
        {%- endfor %}
        {{ ratio("returned", "lost") }} as return_rate,
        {{ wilson("returned", "lost", "lower") }} as return_rate_lower,
        {{ wilson("returned", "lost", "upper") }} as return_rate_upper
    from counts
    where lost + contacted + controls > 0
),

final as (
    select
        winback_day,
        horizon_days,
        reason_category,
        value_band,
        churn_type,
        lost,
        returned,
        return_rate,
        return_rate_lower,
        return_rate_upper,
        median_days_to_return,
        cast(mrr_lost as decimal(38, 6)) as mrr_lost,
        cast(mrr_won_back as decimal(38, 6)) as mrr_won_back,
        cast(received as decimal(38, 6)) as received,
        contacted,
        returned_contacted,
        return_rate_contacted,
        return_rate_contacted_lower,
        return_rate_contacted_upper,
        controls,
        returned_controls,
        return_rate_controls,
        return_rate_controls_lower,
        return_rate_controls_upper,
        return_rate_contacted - return_rate_controls as lift,
        {{ newcombe("return_rate_contacted", "return_rate_controls", "lower") }} as lift_lower,
        {{ newcombe("return_rate_contacted", "return_rate_controls", "upper") }} as lift_upper
    from rates
)

select * from final
